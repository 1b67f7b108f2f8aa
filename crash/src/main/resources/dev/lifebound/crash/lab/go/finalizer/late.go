package finalizer

import (
	"runtime"

	"lifebound.dev/lab/tell"
)

// Late drops 64 buffers of 1 MB. The collector sees 64 objects of 8 bytes and no reason to run, so
// no finalizer runs; at the end of the program none runs either.
func Late() {
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := 0; i < 64; i++ {
		open(1 << 20)
	}
	tell.Bug()
	runtime.ReadMemStats(&now)
	released := len(freed)
	if released < 64 {
		tell.Leak("dropped 64 buffers of 1 MB, %d were freed, %d collections ran", released, now.NumGC-before.NumGC)
		return
	}
	tell.NoHarm("all buffers were freed")
}
