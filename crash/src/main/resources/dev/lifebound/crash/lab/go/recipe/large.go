package recipe

// #include <stdlib.h>
import "C"

import (
	"unsafe"

	"lifebound.dev/lab/tell"
)

var large = map[unsafe.Pointer]string{}

// Large reads a freed block of 200 kB: above the first mmap threshold of the main arena.
func Large() {
	large[allocate(200<<10)] = "alice"
	for block := range large {
		C.free(block)
	}
	tell.Bug()
	for block := range large {
		check(block, 200<<10)
	}
}
