// Package doublefree frees a C block twice.
package doublefree

// #include <stdlib.h>
import "C"

import (
	"unsafe"

	"lifebound.dev/lab/tell"
)

var blocks = map[string]unsafe.Pointer{}

// Small frees a block of 48 bytes twice.
func Small() { twice(48) }

// Medium frees a block of 2 kB twice.
func Medium() { twice(2 << 10) }

// Huge frees a block of 40 MB twice.
func Huge() { twice(40 << 20) }

func twice(bytes C.size_t) {
	blocks["alice"] = C.malloc(bytes)
	C.free(blocks["alice"])
	tell.Bug()
	C.free(blocks["alice"])

	// It went through: does malloc give one block to two owners now?
	first, second := C.malloc(bytes), C.malloc(bytes)
	if first == second {
		tell.Silent("malloc gave two owners the same block")
		return
	}
	tell.NoHarm("both frees went through")
}
