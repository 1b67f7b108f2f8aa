// Package imported is not named on the command line of the build that turns checkptr on.
package imported

import "unsafe"

// Misaligned makes a pointer that checkptr refuses, if it looks here.
//
//go:noinline
func Misaligned(bytes *[16]byte) *[2]uintptr {
	return (*[2]uintptr)(unsafe.Add(unsafe.Pointer(bytes), 1))
}
