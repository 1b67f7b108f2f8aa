package beliefs

import (
	"unsafe"

	"lifebound.dev/lab/tell"
)

// mapType is the part of the runtime's type of a map that leads to its hash function.
type mapType struct {
	rtype  [48]byte
	key    unsafe.Pointer
	elem   unsafe.Pointer
	bucket unsafe.Pointer
	hasher func(unsafe.Pointer, uintptr) uintptr
}

// HashBits tests "the high bits of the hash choose the bucket, the low bits the slot".
func HashBits() {
	if !runnable() {
		return
	}
	m := make(map[int]int, 1000)
	for i := 0; i < 1000; i++ {
		m[i] = i
	}
	var boxed any = m
	hasher := (*(**mapType)(unsafe.Pointer(&boxed))).hasher
	h := headerOf(&m)
	low, high, tags := 0, 0, 0
	for i := uintptr(0); i < 1<<h.b; i++ {
		for b := at(h.buckets, i); b != nil; b = (*bucket)(b.overflow) {
			for slot, tag := range b.tags {
				if tag < leastTag {
					continue
				}
				hash := hasher(unsafe.Pointer(&b.keys[slot]), uintptr(h.seed))
				if hash&(1<<h.b-1) == i {
					low++
				}
				if hash>>(64-h.b) == i {
					high++
				}
				top := uint8(hash >> 56)
				if top < leastTag {
					top += leastTag
				}
				if top == tag {
					tags++
				}
			}
		}
	}
	if low != 1000 || tags != 1000 {
		tell.Silent("of 1000 keys %d lie where the low bits say, %d where the high bits say", low, high)
		return
	}
	tell.Refuted("of 1000 keys, 1000 lie in the bucket of their hash's low bits, %d in that of the high bits; the top 8 bits are the tag of all 1000", high)
}
