package growth

import (
	"runtime"
	"unsafe"

	"lifebound.dev/lab/tell"
)

type page [1 << 20]byte

const pages = 64

var revived [pages]*page

// BadPointer turns stale addresses of Go objects back into pointers: the next collection finds a
// pointer into memory that is free, and ends the program.
func BadPointer() {
	numbers := dropped()
	runtime.GC()
	tell.Bug()
	for i := range numbers {
		revived[i] = *(**page)(unsafe.Pointer(&numbers[i]))
	}
	for i := 0; i < 3; i++ {
		runtime.GC()
	}
	tell.NoHarm("the collector did not look")
}

//go:noinline
func dropped() (numbers [pages]uintptr) {
	for i := range numbers {
		numbers[i] = uintptr(unsafe.Pointer(new(page)))
	}
	return numbers
}
