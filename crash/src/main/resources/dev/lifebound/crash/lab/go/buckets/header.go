// Package buckets follows unsafe pointers through a map's own buckets, as code does that was
// written from a description of the runtime. The header is the one of Go 1.8 to 1.23.
package buckets

import (
	"unsafe"

	"lifebound.dev/lab/tell"
)

// header is the runtime's hmap.
type header struct {
	count      int
	flags      uint8
	b          uint8
	noverflow  uint16
	seed       uint32
	buckets    unsafe.Pointer
	oldBuckets unsafe.Pointer
}

// bucket is the runtime's bmap of a map[int]int: 144 bytes.
type bucket struct {
	tags     [8]uint8
	keys     [8]int
	values   [8]int
	overflow unsafe.Pointer
}

const leastTag = 5

// headerOf gives the header behind a map variable.
func headerOf(m *map[int]int) *header { return *(**header)(unsafe.Pointer(m)) }

// at gives a bucket of an array.
func at(array unsafe.Pointer, i uintptr) *bucket {
	return (*bucket)(unsafe.Add(array, i*unsafe.Sizeof(bucket{})))
}

// valueOf searches the current buckets for a key.
func valueOf(h *header, key int) *int {
	for i := uintptr(0); i < 1<<h.b; i++ {
		for b := at(h.buckets, i); b != nil; b = (*bucket)(b.overflow) {
			for slot, tag := range b.tags {
				if tag >= leastTag && b.keys[slot] == key {
					return &b.values[slot]
				}
			}
		}
	}
	return nil
}

// runnable says whether this Go still has such buckets.
func runnable() bool {
	if !tell.Classic() {
		tell.NotRun("this Go has no such buckets: Go 1.24 replaced them by Swiss tables; a header struct of 1.23 reads other fields there")
		return false
	}
	return true
}
