package freedkey

// #include <stdlib.h>
import "C"

import (
	"unsafe"

	"lifebound.dev/lab/tell"
)

var owners = map[unsafe.Pointer]string{}

// Reuse frees Alice's block and allocates Bob's, which gets the address: Bob is taken for Alice.
func Reuse() {
	for i := 0; i < 1000; i++ {
		alice := C.malloc(64)
		owners[alice] = "alice"
		C.free(alice)
		tell.Bug()
		bob := C.malloc(64)
		if name, listed := owners[bob]; listed {
			tell.Silent("asked who owns bob's new block, the map answered %q", name)
			return
		}
	}
	tell.NoHarm("malloc did not reuse an address")
}
