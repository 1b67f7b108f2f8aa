package recipe

// #include <stdlib.h>
import "C"

import (
	"fmt"
	"io"
	"runtime"
	"unsafe"

	"lifebound.dev/lab/tell"
)

var printed = map[unsafe.Pointer]string{}

// Print frees the blocks and ranges over the map: nothing happens, as nothing is dereferenced.
func Print() {
	for i := 0; i < 3; i++ {
		printed[allocate(40<<20)] = fmt.Sprint("block ", i)
	}
	for block := range printed {
		C.free(block)
	}
	tell.Bug()
	runtime.GC()
	for block, name := range printed {
		fmt.Fprintln(io.Discard, block, name)
	}
	tell.NoHarm("ranged over %d dead keys, compared and printed them, collected garbage", len(printed))
}
