package buckets

import (
	"runtime"
	"unsafe"

	"lifebound.dev/lab/tell"
)

var prices = map[int]int{}

var fillers [][]int

// Uintptr keeps the address of a value inside a bucket as a number. The map grows, the old buckets
// are collected, their memory is used again, and the number points into something else.
func Uintptr() {
	if !runnable() {
		return
	}
	for i := 0; i < 8; i++ {
		prices[i] = 100
	}
	place := uintptr(unsafe.Pointer(valueOf(headerOf(&prices), 3)))
	for i := 8; i < 1000; i++ {
		prices[i] = 100
	}
	runtime.GC()
	tell.Bug()
	for i := 0; i < 100_000; i++ {
		filler := make([]int, unsafe.Sizeof(bucket{})/unsafe.Sizeof(i))
		for j := range filler {
			filler[j] = -1
		}
		fillers = append(fillers, filler)
	}
	if read := **(**int)(unsafe.Pointer(&place)); read != 100 {
		tell.Silent("the price is %d, the number's place holds %d", prices[3], read)
		return
	}
	tell.NoHarm("the old bucket was still there")
}
