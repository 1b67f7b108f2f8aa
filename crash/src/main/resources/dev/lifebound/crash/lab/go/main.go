// The victims of the laboratory that are written in Go: plays the one that the argument names.
package main

import (
	"os"
	"syscall"

	"lifebound.dev/lab/beliefs"
	"lifebound.dev/lab/buckets"
	"lifebound.dev/lab/concurrent"
	"lifebound.dev/lab/doublefree"
	"lifebound.dev/lab/escape"
	"lifebound.dev/lab/finalizer"
	"lifebound.dev/lab/freedkey"
	"lifebound.dev/lab/growth"
	"lifebound.dev/lab/nilmap"
	"lifebound.dev/lab/recipe"
)

var victims = map[string]func(){
	"recipe/print":       recipe.Print,
	"recipe/small":       recipe.Small,
	"recipe/large":       recipe.Large,
	"recipe/huge":        recipe.Huge,
	"recipe/fault":       recipe.Fault,
	"freedkey/lookup":    freedkey.Lookup,
	"freedkey/reuse":     freedkey.Reuse,
	"doublefree/small":   doublefree.Small,
	"doublefree/medium":  doublefree.Medium,
	"doublefree/huge":    doublefree.Huge,
	"growth/cpointers":   growth.CPointers,
	"growth/uintptr":     growth.Uintptr,
	"growth/badpointer":  growth.BadPointer,
	"escape/number":      escape.Number,
	"escape/pointer":     escape.Pointer,
	"escape/kept":        escape.Kept,
	"concurrent/writers": concurrent.Writers,
	"concurrent/reader":  concurrent.Reader,
	"concurrent/range":   concurrent.Range,
	"nilmap/read":        nilmap.Read,
	"nilmap/delete":      nilmap.Delete,
	"nilmap/write":       nilmap.Write,
	"buckets/pointer":    buckets.Pointer,
	"buckets/walk":       buckets.Walk,
	"buckets/uintptr":    buckets.Uintptr,
	"finalizer/early":    finalizer.Early,
	"finalizer/late":     finalizer.Late,
	"finalizer/cpointer": finalizer.CPointer,
	"beliefs/hashbits":   beliefs.HashBits,
	"beliefs/overflow":   beliefs.Overflow,
	"beliefs/probing":    beliefs.Probing,
	"beliefs/cbytes":     beliefs.CBytes,
	"beliefs/checkptr":   beliefs.Checkptr,
	"beliefs/header":     beliefs.Header,
}

func main() {
	// Whatever happens, no core file.
	syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
	go endWithTheLaboratory()
	victim, known := victims[os.Args[1]]
	if !known {
		os.Exit(64)
	}
	victim()
	os.Exit(0)
}

// The laboratory holds the other end of standard input and writes nothing: its end is ours.
func endWithTheLaboratory() {
	var one [1]byte
	for {
		if n, err := os.Stdin.Read(one[:]); n == 0 || err != nil {
			os.Exit(3)
		}
	}
}
