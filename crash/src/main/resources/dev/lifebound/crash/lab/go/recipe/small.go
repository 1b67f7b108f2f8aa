package recipe

// #include <stdlib.h>
import "C"

import (
	"unsafe"

	"lifebound.dev/lab/tell"
)

var small = map[unsafe.Pointer]string{}

// Small reads a freed block of 48 bytes: the allocator's notes, no fault.
func Small() {
	small[allocate(48)] = "alice"
	for block := range small {
		C.free(block)
	}
	tell.Bug()
	for block := range small {
		check(block, 48)
	}
}
