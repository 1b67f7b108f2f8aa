package beliefs

import (
	"lifebound.dev/lab/beliefs/imported"
	"lifebound.dev/lab/tell"
)

var words *[2]uintptr

// Checkptr does in an imported package what checkptr is there to refuse.
func Checkptr() {
	tell.Bug()
	words = imported.Misaligned(new([16]byte))
	tell.Refuted("checkptr was on for the packages named, and an imported package went on with a pointer that it refuses elsewhere")
}
