// Package nilmap uses a map that was never made.
package nilmap

import (
	"unsafe"

	"lifebound.dev/lab/tell"
)

var blocks map[string]unsafe.Pointer

// Read reads the nil map: the zero value, no panic.
func Read() {
	block, listed := blocks["alice"]
	if block != nil || listed || len(blocks) != 0 {
		tell.Silent("a nil map has an entry")
		return
	}
	tell.Refuted("reading a nil map gave the zero value; it does not panic")
}

// Delete deletes from the nil map and ranges over it: nothing happens.
func Delete() {
	delete(blocks, "alice")
	for range blocks {
		tell.Silent("a nil map has an entry")
		return
	}
	tell.Refuted("delete, range and len of a nil map did nothing; none of them panics")
}

// Write writes to the nil map: a panic, which can be recovered.
func Write() {
	defer func() {
		if value := recover(); value != nil {
			tell.Panicked(value)
		}
	}()
	tell.Bug()
	blocks["alice"] = nil
	tell.NoHarm("the entry was made")
}
