package finalizer

// #include <stdlib.h>
import "C"

import (
	"runtime"
	"unsafe"

	"lifebound.dev/lab/tell"
)

var blocks = map[string]unsafe.Pointer{}

// CPointer sets a finalizer on a C pointer, as is often advised: the runtime ends the program.
func CPointer() {
	blocks["alice"] = C.malloc(64)
	tell.Bug()
	runtime.SetFinalizer((*[64]byte)(blocks["alice"]), func(block *[64]byte) {
		C.free(unsafe.Pointer(block))
	})
	tell.NoHarm("the finalizer was set")
}
