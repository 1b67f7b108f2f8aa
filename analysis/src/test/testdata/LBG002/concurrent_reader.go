// Somebody can look the entry up between the free and the delete: red.
package reader

/*
#include <stdlib.h>
typedef struct conn conn;
void conn_destroy(conn *c);
*/
import "C"

import (
	"sync"
	"unsafe"
)

var (
	mu    sync.Mutex
	conns = map[unsafe.Pointer]*Conn{}
)

type Conn struct{ p unsafe.Pointer }

func (c *Conn) Register() {
	mu.Lock()
	defer mu.Unlock()
	conns[c.p] = c
}

func Get(p unsafe.Pointer) *Conn {
	mu.Lock()
	defer mu.Unlock()
	return conns[p]
}

func (c *Conn) Close() {
	C.free(c.p) // want "LBG002 red: c.p is freed before its entry leaves map conns"
	mu.Lock()
	delete(conns, c.p)
	mu.Unlock()
}

// Known by name only: one step milder.
func (c *Conn) Destroy() {
	C.conn_destroy((*C.conn)(c.p)) // want "LBG002 yellow"
	mu.Lock()
	delete(conns, c.p)
	mu.Unlock()
}

var tokens = map[unsafe.Pointer]func(){}

func Token(f func()) unsafe.Pointer {
	p := C.malloc(1)
	tokens[p] = f
	return p
}

//export goCall
func goCall(p unsafe.Pointer) { tokens[p]() }

func Done(p unsafe.Pointer) {
	C.free(p) // want "LBG002 red: p is freed before its entry leaves map tokens"
	delete(tokens, p)
}
