package escape

import "lifebound.dev/lab/tell"

//go:noinline
func deeper(frames int) int {
	var local [64]int
	if frames > 0 {
		local[frames%64] = deeper(frames - 1)
	}
	return local[frames%64] + 1
}

//go:noinline
func report(balance int) {
	if balance == 50 {
		tell.NoHarm("wrote 50 through what was kept, the variable is 50")
		return
	}
	tell.Silent("wrote 50 through what was kept, the variable is %d: its stack has moved", balance)
}
