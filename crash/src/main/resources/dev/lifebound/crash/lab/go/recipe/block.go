// Package recipe holds the four steps that are often given as "how to crash Go": allocate in C,
// put the pointer into a map, free it in C, and then range over the map and print it, or read
// through a key.
package recipe

// #include <stdlib.h>
// #include <string.h>
import "C"

import "unsafe"

const mark = 'a'

// allocate makes a C block that is full of the mark.
func allocate(bytes int) unsafe.Pointer {
	block := C.malloc(C.size_t(bytes))
	C.memset(block, mark, C.size_t(bytes))
	return block
}
