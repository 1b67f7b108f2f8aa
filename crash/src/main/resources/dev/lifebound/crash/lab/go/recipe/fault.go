package recipe

// #include <stdlib.h>
import "C"

import (
	"runtime/debug"
	"unsafe"

	"lifebound.dev/lab/tell"
)

var faulting = map[unsafe.Pointer]string{}

// Fault reads a freed block of 40 MB, having asked for a panic instead of the end of the process.
func Fault() {
	faulting[allocate(40<<20)] = "alice"
	for block := range faulting {
		C.free(block)
	}
	tell.Bug()
	defer func() {
		if value := recover(); value != nil {
			tell.Panicked(value)
		}
	}()
	debug.SetPanicOnFault(true)
	for block := range faulting {
		check(block, 40<<20)
	}
}
