package growth

import (
	"runtime"
	"unsafe"

	"lifebound.dev/lab/tell"
)

type session struct {
	user  [16]byte
	other [48]byte
}

var addresses = map[string]uintptr{}

var keep []*session

// Uintptr keeps the address of a Go object as a number: the collector does not count that as a use.
func Uintptr() {
	remember()
	runtime.GC()
	tell.Bug()
	for i := 0; i < 100_000; i++ {
		bob := &session{}
		copy(bob.user[:], "bob")
		keep = append(keep, bob)
	}
	alice := (*session)(*(*unsafe.Pointer)(unsafe.Pointer(address("alice"))))
	if alice.user[0] != 'a' {
		tell.Silent("asked for alice, the number points to bytes % x", alice.user[:5])
		return
	}
	tell.NoHarm("the object was still there")
}

//go:noinline
func remember() {
	alice := &session{}
	copy(alice.user[:], "alice")
	addresses["alice"] = uintptr(unsafe.Pointer(alice))
}

func address(name string) *uintptr {
	number := addresses[name]
	return &number
}
