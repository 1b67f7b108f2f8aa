// Package finalizer frees C memory in finalizers.
package finalizer

// #include <stdlib.h>
// #include <string.h>
import "C"

import (
	"runtime"
	"time"
	"unsafe"

	"lifebound.dev/lab/tell"
)

type buffer struct {
	data unsafe.Pointer
}

var freed = make(chan struct{}, 64)

func open(bytes int) *buffer {
	b := &buffer{data: C.malloc(C.size_t(bytes))}
	C.memset(b.data, 'a', C.size_t(bytes))
	runtime.SetFinalizer(b, func(b *buffer) {
		C.free(b.data)
		freed <- struct{}{}
	})
	return b
}

var registry = map[string]unsafe.Pointer{}

// Early puts the C pointer of a buffer into a map and drops the buffer: the collector sees no use of
// it any more and runs the finalizer, though the map is still read.
func Early() {
	register("alice")
	runtime.GC()
	select {
	case <-freed:
	case <-time.After(5 * time.Second):
		tell.NoHarm("the finalizer did not run")
		return
	}
	tell.Bug()
	read := unsafe.Slice((*byte)(registry["alice"]), 48)
	for i := range read {
		if read[i] != 'a' {
			tell.Silent("at byte %d, wrote 61, read %02x: the finalizer has freed the block", i, read[i])
			return
		}
	}
	tell.NoHarm("all bytes were read as written")
}

//go:noinline
func register(name string) {
	registry[name] = open(48).data
}
