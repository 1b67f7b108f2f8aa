package beliefs

import "lifebound.dev/lab/tell"

// Probing tests "within a bucket the hash gives the first slot to try, then the next ones follow".
func Probing() {
	if !runnable() {
		return
	}
	inOrder := 0
	for round := 0; round < 100; round++ {
		m := map[int]int{-1: 0}
		delete(m, -1)
		for key := 0; key < 8; key++ {
			m[key] = key
		}
		b := at(headerOf(&m).buckets, 0)
		ordered := true
		for slot, key := range b.keys {
			ordered = ordered && slot == key
		}
		if ordered {
			inOrder++
		}
	}
	if inOrder != 100 {
		tell.Silent("only %d of 100 buckets were filled in order", inOrder)
		return
	}
	tell.Refuted("in 100 of 100 maps, each with a seed of its own, key k went into slot k: slots are filled from the first, no bit of the hash chooses one")
}
