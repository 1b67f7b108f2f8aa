package escape

/*
struct record { char user[64]; };
static struct record *kept;
static void keep(struct record *r) { kept = r; }
static char first(void) { return kept->user[0]; }
*/
import "C"

import (
	"runtime"

	"lifebound.dev/lab/tell"
)

var others []*C.struct_record

// Kept passes a Go object to C, which is allowed, and C keeps the pointer, which is not. No check
// of cgo looks into C's variables; the object is collected, and C reads another one.
func Kept() {
	handOver()
	runtime.GC()
	tell.Bug()
	for i := 0; i < 100_000; i++ {
		bob := new(C.struct_record)
		bob.user[0] = 'b'
		others = append(others, bob)
	}
	if read := byte(C.first()); read != 'a' {
		tell.Silent("C kept alice and reads %q", string(rune(read)))
		return
	}
	tell.NoHarm("the object was still there")
}

//go:noinline
func handOver() {
	alice := new(C.struct_record)
	alice.user[0] = 'a'
	C.keep(alice)
}
