package recipe

import (
	"unsafe"

	"lifebound.dev/lab/tell"
)

// check reads the block through the pointer and tells what is there.
func check(block unsafe.Pointer, bytes int) {
	for i, read := range unsafe.Slice((*byte)(block), bytes) {
		if read != mark {
			tell.Silent("at byte %d, wrote %02x, read %02x", i, mark, read)
			return
		}
	}
	tell.NoHarm("all %d bytes were read as written", bytes)
}
