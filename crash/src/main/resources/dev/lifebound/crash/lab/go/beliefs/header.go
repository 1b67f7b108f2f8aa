// Package beliefs puts widespread statements about Go's maps and about cgo to the test.
package beliefs

import (
	"unsafe"

	"lifebound.dev/lab/tell"
)

// header is the runtime's hmap of Go 1.8 to 1.23, bucket its bmap of a map[int]int.
type header struct {
	count      int
	flags      uint8
	b          uint8
	noverflow  uint16
	seed       uint32
	buckets    unsafe.Pointer
	oldBuckets unsafe.Pointer
}

type bucket struct {
	tags     [8]uint8
	keys     [8]int
	values   [8]int
	overflow unsafe.Pointer
}

// swissHeader is the runtime's Map of Go 1.24.
type swissHeader struct {
	used   uint64
	seed   uintptr
	dirPtr unsafe.Pointer
	dirLen int
}

const leastTag = 5

func headerOf(m *map[int]int) *header { return *(**header)(unsafe.Pointer(m)) }

func at(array unsafe.Pointer, i uintptr) *bucket {
	return (*bucket)(unsafe.Add(array, i*unsafe.Sizeof(bucket{})))
}

func runnable() bool {
	if !tell.Classic() {
		tell.NotRun("this Go has no buckets: Go 1.24 replaced them by Swiss tables")
		return false
	}
	return true
}

// Header tests "a header struct that matches today's map will do": it reads a map of this Go by the
// header of another version. The count is right, being the first word in both; the rest is not.
func Header() {
	m := map[int]int{}
	for i := 0; i < 100; i++ {
		m[i] = i
	}
	if tell.Classic() {
		swiss := *(**swissHeader)(unsafe.Pointer(&m))
		tell.Refuted("the header of Go 1.24 read in this Go: used=%d is right, dirLen=%d would mean one group of 8 slots for %d entries", swiss.used, swiss.dirLen, len(m))
		return
	}
	classic := headerOf(&m)
	tell.Refuted("the header of Go 1.23 read in this Go: count=%d is right, B=%d should be 4 (16 buckets) and is not", classic.count, classic.b)
}
