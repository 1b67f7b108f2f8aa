// Package freedkey has maps of live objects that are keyed by their C address.
package freedkey

// #include <stdlib.h>
import "C"

import (
	"unsafe"

	"lifebound.dev/lab/tell"
)

var alive = map[unsafe.Pointer]string{}

// Lookup asks the map of live objects for one that was freed: it is still listed as alive.
func Lookup() {
	alice := C.malloc(64)
	alive[alice] = "alice"
	C.free(alice)
	tell.Bug()
	if name, listed := alive[alice]; listed {
		tell.Silent("the block is freed, and the map of live objects answers %q", name)
		return
	}
	tell.NoHarm("the map has no entry")
}
