// A cache of C strings with one owner: what leaves the map is freed, and Close clears the map.
package main

// #include <stdlib.h>
import "C"

import (
	"fmt"
	"sync"
	"unsafe"
)

// Names keeps one C string for each Go string.
type Names struct {
	mu      sync.Mutex
	strings map[string]*C.char
}

// Get gives the C string; it is valid until Forget or Close.
func (n *Names) Get(name string) *C.char {
	n.mu.Lock()
	defer n.mu.Unlock()
	if s, ok := n.strings[name]; ok {
		return s
	}
	s := C.CString(name)
	n.strings[name] = s
	return s
}

// Forget takes one string out, then frees it.
func (n *Names) Forget(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s, ok := n.strings[name]
	if !ok {
		return
	}
	delete(n.strings, name)
	C.free(unsafe.Pointer(s))
}

// Close frees all strings and leaves an empty map.
func (n *Names) Close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range n.strings {
		C.free(unsafe.Pointer(s))
	}
	clear(n.strings)
}

func main() {
	names := &Names{strings: map[string]*C.char{}}
	defer names.Close()
	fmt.Println(C.GoString(names.Get("first")))
}
