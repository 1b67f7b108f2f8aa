// Close frees the C buffer and leaves its entry in the map: the next Find reads freed memory.
package main

// #include <stdlib.h>
// #include <string.h>
import "C"

import (
	"fmt"
	"unsafe"
)

// Buffer is a block of C memory with a name.
type Buffer struct {
	data unsafe.Pointer
}

var buffers = map[string]unsafe.Pointer{}

// Open allocates a buffer and registers its memory.
func Open(name string) *Buffer {
	b := &Buffer{data: C.malloc(4096)}
	C.memset(b.data, 42, 4096)
	buffers[name] = b.data
	return b
}

// Close forgets to delete the entry.
func (b *Buffer) Close() {
	C.free(b.data)
}

// Find gives a byte of a named buffer.
func Find(name string) byte {
	return *(*byte)(buffers[name])
}

func main() {
	b := Open("first")
	fmt.Println(Find("first"))
	b.Close()
	fmt.Println(Find("first")) // undefined: the memory is gone, the entry is not
}
