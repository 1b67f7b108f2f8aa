package buckets

import "lifebound.dev/lab/tell"

var sessions = map[int]int{}

// Walk counts the entries by walking the buckets. The header matches this Go and yet the walk is
// wrong: while a map grows, a part of its entries is still in the old array.
func Walk() {
	if !runnable() {
		return
	}
	for i := 0; headerOf(&sessions).oldBuckets == nil || i < 100; i++ {
		sessions[i] = i
	}
	tell.Bug()
	found := 0
	h := headerOf(&sessions)
	for i := uintptr(0); i < 1<<h.b; i++ {
		for b := at(h.buckets, i); b != nil; b = (*bucket)(b.overflow) {
			for _, tag := range b.tags {
				if tag >= leastTag {
					found++
				}
			}
		}
	}
	if found != len(sessions) {
		tell.Silent("the walk found %d of %d entries: the map is growing", found, len(sessions))
		return
	}
	tell.NoHarm("the walk found all %d entries", found)
}
