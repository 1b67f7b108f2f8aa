// Package escape hides pointers from the compiler and from the collector. Where a variable lives is
// told by "go build -gcflags=-m": what it does not call "moved to heap" lies on a stack that moves.
package escape

import (
	"unsafe"

	"lifebound.dev/lab/tell"
)

var places = map[string]uintptr{}

// Number keeps the address of a local variable as a number. A number does not make the variable
// escape, so it stays on the goroutine's stack; the stack grows, which moves it, and pointers into it
// are corrected while numbers are not.
func Number() {
	done := make(chan struct{})
	go func() { // a new goroutine begins with a small stack
		defer close(done)
		number := 100
		places["balance"] = uintptr(unsafe.Pointer(&number))
		deeper(10_000)
		tell.Bug()
		place := places["balance"]
		**(**int)(unsafe.Pointer(&place)) = 50
		report(number)
	}()
	<-done
}
