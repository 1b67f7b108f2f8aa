package beliefs

import "lifebound.dev/lab/tell"

// Overflow tests "a map is repacked when a quarter of its buckets have an overflow bucket".
func Overflow() {
	if !runnable() {
		return
	}
	const buckets = 1 << 10
	m := make(map[int]int, buckets*6)
	h := headerOf(&m)
	if h.b != 10 {
		tell.Silent("the map has 2^%d buckets, not 2^10", h.b)
		return
	}
	most, next, first := uint16(0), 0, h.buckets
	for h.buckets == first {
		for len(m) < buckets*6 && h.buckets == first {
			m[next] = next
			next++
			if h.buckets == first && h.noverflow > most {
				most = h.noverflow
			}
		}
		// Deleting leaves the overflow buckets where they are, nearly empty.
		for key := range m {
			if len(m) < buckets*6-buckets/2 || h.buckets != first {
				break
			}
			if key%7 != 0 {
				delete(m, key)
			}
		}
	}
	if h.b != 10 || most < buckets/2 {
		tell.Silent("repacked at %d overflow buckets, 2^%d buckets afterwards", most, h.b)
		return
	}
	tell.Refuted("%d buckets had %d overflow buckets before they were repacked; a quarter would be %d", buckets, most, buckets/4)
}
