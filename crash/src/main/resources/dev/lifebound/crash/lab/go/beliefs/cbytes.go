package beliefs

// #include <stdlib.h>
// #include <malloc.h>
// static size_t in_use(void) { struct mallinfo2 m = mallinfo2(); return m.uordblks + m.hblkhd; }
import "C"

import (
	"runtime"

	"lifebound.dev/lab/tell"
)

// CBytes tests "the collector reclaims what C.CBytes returns".
func CBytes() {
	before := C.in_use()
	bytes := make([]byte, 1<<20)
	for i := 0; i < 64; i++ {
		C.CBytes(bytes)
	}
	tell.Bug()
	for i := 0; i < 3; i++ {
		runtime.GC()
	}
	held := (C.in_use() - before) >> 20
	if held < 64 {
		tell.NoHarm("%d MB are still allocated", held)
		return
	}
	tell.Leak("dropped 64 results of C.CBytes, 1 MB each; after 3 collections C's heap still holds %d MB", held)
}
