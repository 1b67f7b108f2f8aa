// A registry of C memory in the right order: delete under the lock, then free.
package main

// #include <stdlib.h>
import "C"

import (
	"fmt"
	"sync"
	"unsafe"
)

// Object owns a block of C memory.
type Object struct {
	memory unsafe.Pointer
	once   sync.Once
}

var (
	mu    sync.Mutex
	alive = map[unsafe.Pointer]*Object{}
)

// New allocates and registers.
func New() *Object {
	o := &Object{memory: C.malloc(64)}
	mu.Lock()
	alive[o.memory] = o
	mu.Unlock()
	return o
}

// Find gives the object that owns a block, or nil.
func Find(memory unsafe.Pointer) *Object {
	mu.Lock()
	defer mu.Unlock()
	return alive[memory]
}

// Close unregisters, then frees; a second call does nothing.
func (o *Object) Close() {
	o.once.Do(func() {
		mu.Lock()
		delete(alive, o.memory)
		mu.Unlock()
		C.free(o.memory)
		o.memory = nil
	})
}

func main() {
	o := New()
	memory := o.memory
	o.Close()
	fmt.Println(Find(memory) == nil)
}
