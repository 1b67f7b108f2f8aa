package sweep

// #include <stdlib.h>
import "C"

import "unsafe"

var names = map[string]*C.char{}

func Reset() {
	for _, s := range names {
		C.free(unsafe.Pointer(s)) // want "LBG001 red: s is freed while map names"
	}
}

type owner struct {
	names map[string]*C.char
}

// The owner may be dead after this: worth a look, no certain crash.
func (o *owner) close() {
	for _, s := range o.names {
		C.free(unsafe.Pointer(s)) // want "LBG001 yellow: s is freed while map owner.names"
	}
}

type entry struct{ block unsafe.Pointer }

var entries = map[string]*entry{}

func DropAll() {
	for _, e := range entries {
		C.free(e.block) // want "LBG001 red: e.block is freed while map entries still holds it \(memory of its value\)"
	}
}

var tokens = map[unsafe.Pointer]string{}

func DropTokens() {
	for p := range tokens {
		C.free(p) // want "LBG001 red: p is freed while map tokens still holds it \(its key\)"
	}
}
