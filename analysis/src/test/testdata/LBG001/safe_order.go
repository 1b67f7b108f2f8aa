// Unregister, then free: the registries that are right. Each marked line makes a mutant.
package safe

// #include <stdlib.h>
import "C"

import (
	"sync"
	"unsafe"
)

type table struct {
	sync.RWMutex
	m map[unsafe.Pointer]interface{}
}

var handles = table{m: make(map[unsafe.Pointer]interface{})}

func (t *table) track(v interface{}) unsafe.Pointer {
	p := C.malloc(1)
	t.Lock()
	t.m[p] = v
	t.Unlock()
	return p
}

func (t *table) untrack(p unsafe.Pointer) {
	t.Lock()
	delete(t.m, p)
	t.Unlock()
	C.free(p)
}

func (t *table) get(p unsafe.Pointer) interface{} {
	t.RLock()
	defer t.RUnlock()
	return t.m[p]
}

var blocks = map[unsafe.Pointer]*Block{}

type Block struct{ p unsafe.Pointer }

func NewBlock() *Block {
	b := &Block{p: C.malloc(8)}
	blocks[b.p] = b
	return b
}

func (b *Block) Close() {
	delete(blocks, b.p) // mutant drop LBG001, swap LBG002
	C.free(b.p)
}

func Find(p unsafe.Pointer) *Block { return blocks[p] }

var names = map[string]*C.char{}

func Set(name, value string) {
	if old, ok := names[name]; ok {
		C.free(unsafe.Pointer(old))
	}
	names[name] = C.CString(value) // mutant drop LBG001
}

func Unset(name string) {
	old := names[name]
	delete(names, name) // mutant drop LBG001, swap LBG002
	C.free(unsafe.Pointer(old))
}

func UnsetDeferred(name string) {
	defer delete(names, name)
	defer func() {
		println(name)
	}()
	old := names[name]
	names[name] = nil
	C.free(unsafe.Pointer(old))
}

func Clear() {
	for _, s := range names {
		C.free(unsafe.Pointer(s))
	}
	clear(names) // mutant drop LBG001
}

func Replace() {
	for _, s := range names {
		C.free(unsafe.Pointer(s))
	}
	names = make(map[string]*C.char) // mutant drop LBG001
}

func ClearByKey() {
	for name, s := range names {
		delete(names, name) // mutant drop LBG001, swap LBG002
		C.free(unsafe.Pointer(s))
	}
}

func ClearAfterwards() {
	var gone []string
	for name, s := range names {
		gone = append(gone, name)
		C.free(unsafe.Pointer(s))
	}
	for _, name := range gone {
		delete(names, name)
	}
}

type registry struct{ byName map[string]unsafe.Pointer }

var current = &registry{byName: map[string]unsafe.Pointer{}}

func Drop() {
	for _, p := range current.byName {
		C.free(p)
	}
	current = nil // mutant drop LBG001
}
