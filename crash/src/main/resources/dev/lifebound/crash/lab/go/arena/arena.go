//go:build goexperiment.arenas

// The arena of Go 1.20's experiment: GOEXPERIMENT=arenas go build ./arena
package main

import (
	"arena"
	"runtime"

	"lifebound.dev/lab/tell"
)

type owner struct {
	balances map[int]int
}

// Tests "a map can live in an arena": the owner lies there, its map is made by make, on the heap of
// the collector, and freeing the arena frees no entry. There is no call that makes a map in an arena.
func main() {
	a := arena.NewArena()
	o := arena.New[owner](a)
	o.balances = make(map[int]int)
	balances := o.balances
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := 0; i < 100_000; i++ {
		balances[i] = i
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	a.Free()
	if len(balances) != 100_000 || balances[99_999] != 99_999 {
		tell.Silent("the map has %d entries after the arena was freed", len(balances))
		return
	}
	tell.Refuted("the arena is freed and the map of its object still has %d entries: they took %d kB of the collector's heap", len(balances), (after.HeapAlloc-before.HeapAlloc)>>10)
}
