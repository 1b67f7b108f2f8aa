package order

// #include <stdlib.h>
import "C"

import (
	"sync"
	"unsafe"
)

var names = map[string]*C.char{}

func Unset(name string) {
	s := names[name]
	C.free(unsafe.Pointer(s)) // want "LBG002 yellow: s is freed before its entry leaves map names"
	delete(names, name)
}

func Clear() {
	for name, s := range names {
		C.free(unsafe.Pointer(s)) // want "LBG002 yellow"
		delete(names, name)
	}
}

var blocks = map[unsafe.Pointer]*Block{}

type Block struct{ p unsafe.Pointer }

func (b *Block) Register() { blocks[b.p] = b }

func (b *Block) Close() {
	C.free(b.p) // want "LBG002 yellow: b.p is freed before its entry leaves map blocks"
	delete(blocks, b.p)
}

// The delete is a call away.
func (b *Block) forget() { delete(blocks, b.p) }

func (b *Block) CloseIndirectly() {
	C.free(b.p) // want "LBG002 yellow"
	b.forget()
}

// So is the free.
func (b *Block) drop() { C.free(b.p) }

func (b *Block) CloseByHelper() {
	b.drop() // want "LBG002 yellow"
	delete(blocks, b.p)
}

func (b *Block) CloseDeferred() {
	defer delete(blocks, b.p)
	C.free(b.p) // want "LBG002 yellow"
}

// Another field of the same object is the key.
type Page struct {
	p  unsafe.Pointer
	id int
}

var byId = map[int]*Page{}

func (p *Page) CloseById() {
	C.free(p.p) // want "LBG002 yellow"
	delete(byId, p.id)
}

var mu sync.Mutex

// Two critical sections leave a gap; nobody reads under the lock in between, nobody reads at all.
var silent = map[unsafe.Pointer]int{}

func Add(p unsafe.Pointer) {
	mu.Lock()
	silent[p] = 1
	mu.Unlock()
}

func Drop(p unsafe.Pointer) {
	C.free(p) // want "LBG002 yellow"
	mu.Lock()
	delete(silent, p)
	mu.Unlock()
}
