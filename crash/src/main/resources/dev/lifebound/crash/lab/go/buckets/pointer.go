package buckets

import "lifebound.dev/lab/tell"

var balances = map[int]int{}

// Pointer keeps the address of a value inside a bucket, which the language forbids to take. The map
// grows and the entry moves: the pointer is left behind in the old bucket.
func Pointer() {
	if !runnable() {
		return
	}
	for i := 0; i < 8; i++ {
		balances[i] = 100
	}
	balance := valueOf(headerOf(&balances), 3)
	for i := 8; i < 100; i++ {
		balances[i] = 100
	}
	tell.Bug()
	*balance = 50
	if balances[3] != 50 {
		tell.Silent("wrote 50 through the pointer, the map says %d: the entry has moved", balances[3])
		return
	}
	tell.NoHarm("the entry was written")
}
