package safe

// #include <stdlib.h>
import "C"

import (
	"sync"
	"unsafe"
)

var (
	mu     sync.RWMutex
	blocks = map[unsafe.Pointer]*Block{}
)

type Block struct{ p unsafe.Pointer }

// The allocator runs under the lock as well.
func New() *Block {
	mu.Lock()
	defer mu.Unlock()
	b := &Block{p: C.malloc(8)}
	blocks[b.p] = b
	return b
}

func Get(p unsafe.Pointer) *Block {
	mu.RLock()
	defer mu.RUnlock()
	return blocks[p]
}

// Delete first.
func (b *Block) Close() {
	mu.Lock()
	delete(blocks, b.p)
	mu.Unlock()
	C.free(b.p)
}

// One critical section that every reader and every writer takes.
func (b *Block) CloseLocked() {
	mu.Lock()
	defer mu.Unlock()
	C.free(b.p)
	delete(blocks, b.p)
}

// The same, with the lock taken by every caller.
func (b *Block) closeLocked() {
	C.free(b.p)
	delete(blocks, b.p)
}

func (b *Block) CloseThroughHelper() {
	mu.Lock()
	b.closeLocked()
	mu.Unlock()
}

// Another key goes.
func Trim(p unsafe.Pointer, other unsafe.Pointer) {
	delete(blocks, p)
	C.free(p)
	delete(blocks, other)
}

// A sweep ends with the whole map: no single entry is late.
var names = map[string]*C.char{}

func Clear() {
	for _, s := range names {
		C.free(unsafe.Pointer(s))
	}
	names = map[string]*C.char{}
}

// A local map has no other readers.
func Local(p unsafe.Pointer) {
	seen := map[unsafe.Pointer]int{p: 1}
	C.free(p)
	delete(seen, p)
}

// The field says that it is gone.
type Conn struct {
	id int
	p  unsafe.Pointer
}

var conns = map[int]*Conn{}

func (c *Conn) Close() {
	C.free(c.p)
	c.p = nil
	delete(conns, c.id)
}
