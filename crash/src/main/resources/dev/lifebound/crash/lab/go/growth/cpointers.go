// Package growth stores pointers in a map that grows, with garbage collections in between.
package growth

// #include <stdlib.h>
import "C"

import (
	"runtime"
	"unsafe"

	"lifebound.dev/lab/tell"
)

const entries = 10_000

var numbers = map[unsafe.Pointer]int{}

// CPointers shows that growth and collections do not hurt C pointers: the collector passes over
// them, and growing moves the entries, not the blocks.
func CPointers() {
	var blocks []unsafe.Pointer
	for i := 0; i < entries; i++ {
		block := C.malloc(C.size_t(unsafe.Sizeof(i)))
		*(*int)(block) = i
		numbers[block] = i
		blocks = append(blocks, block)
		if i%1000 == 0 {
			runtime.GC()
		}
	}
	for i, block := range blocks {
		if numbers[block] != i || *(*int)(block) != i {
			tell.Silent("entry %d: the map says %d, the block %d", i, numbers[block], *(*int)(block))
			return
		}
	}
	tell.NoHarm("%d C pointers are right after 11 doublings and 10 collections", entries)
	for _, block := range blocks {
		delete(numbers, block)
		C.free(block)
	}
}
