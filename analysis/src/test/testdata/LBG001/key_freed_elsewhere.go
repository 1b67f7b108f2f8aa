// The registry is keyed by the pointer that Close frees, and nobody deletes the entry.
package registry

// #include <stdlib.h>
import "C"

import (
	"sync"
	"unsafe"
)

var (
	mu    sync.Mutex
	alive = map[unsafe.Pointer]*Object{}
)

type Object struct {
	ptr unsafe.Pointer
}

func New() *Object {
	p := C.malloc(64)
	o := &Object{ptr: p}
	mu.Lock()
	alive[p] = o
	mu.Unlock()
	return o
}

func (o *Object) Close() {
	C.free(o.ptr) // want "LBG001 red: o.ptr is freed while map alive still holds it \(its key\)"
	o.ptr = nil
}

func Find(p unsafe.Pointer) *Object {
	mu.Lock()
	defer mu.Unlock()
	return alive[p]
}
