// The error path frees what the success path has just registered.
package start

/*
#include <stdlib.h>
struct session { int fd; };
int session_open(struct session *s);
*/
import "C"

import (
	"errors"
	"unsafe"
)

var sessions = make(map[int]*C.struct_session)

func Open(id int) error {
	s := (*C.struct_session)(C.malloc(8))
	sessions[id] = s
	if C.session_open(s) != 0 {
		C.free(unsafe.Pointer(s)) // want "LBG001 red: s is freed while map sessions still holds it \(its value\)"
		return errors.New("open")
	}
	return nil
}

func Session(id int) *C.struct_session { return sessions[id] }
