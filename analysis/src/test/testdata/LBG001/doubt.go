// Where something is not certain the colour is yellow.
package doubt

/*
#include <stdlib.h>
typedef struct engine engine;
void engine_destroy(engine *e);
*/
import "C"

import (
	"sync"
	"unsafe"
)

var engines = map[string]*C.engine{}

// Only its name says that the C function frees.
func Stop(name string) {
	C.engine_destroy(engines[name]) // want "LBG001 yellow"
}

var anything = map[string]interface{}{}

// Interface values are never red.
func Forget(name string, e *C.char) {
	anything[name] = e
	C.free(unsafe.Pointer(e)) // want "LBG001 yellow"
}

var byAddress = map[uintptr]string{}

// A number may be an identity only.
func Number(p unsafe.Pointer) {
	byAddress[uintptr(p)] = "x"
	C.free(p) // want "LBG001 yellow"
}

var shared sync.Map

func Put(name string) {
	s := C.CString(name)
	shared.Store(name, s)
	C.free(unsafe.Pointer(s)) // want "LBG001 yellow"
}

type session struct{ p unsafe.Pointer }

type server struct{ sessions map[unsafe.Pointer]*session }

func (s *server) add(x *session) { s.sessions[x.p] = x }

func (s *server) get(p unsafe.Pointer) *session { return s.sessions[p] }

// The server may be gone before the session.
func (x *session) Close() {
	C.free(x.p) // want "LBG001 yellow"
}
