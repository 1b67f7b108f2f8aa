package recipe

// #include <stdlib.h>
import "C"

import (
	"unsafe"

	"lifebound.dev/lab/tell"
)

var huge = map[unsafe.Pointer]string{}

// Huge reads a freed block of 40 MB: always a mapping of its own, which free gives back.
func Huge() {
	huge[allocate(40<<20)] = "alice"
	for block := range huge {
		C.free(block)
	}
	tell.Bug()
	for block := range huge {
		check(block, 40<<20)
	}
}
