package never

// typedef struct builder builder;
// typedef struct node *node_t;
import "C"

import (
	"sync"
	"unsafe"
)

var builders = map[*C.builder]map[string]interface{}{}

func Remember(b *C.builder) {
	builders[b] = nil // want "LBG003 yellow: map builders is keyed by C pointers"
}

var registry = struct {
	sync.Mutex
	byPtr map[unsafe.Pointer]string
}{byPtr: map[unsafe.Pointer]string{}}

func Name(p unsafe.Pointer, name string) {
	registry.Lock()
	defer registry.Unlock()
	registry.byPtr[p] = name // want "LBG003 yellow: map registry.byPtr"
}

type table struct {
	nodes map[C.node_t]int
}

var global = &table{nodes: make(map[C.node_t]int)}

func (t *table) add(n C.node_t) {
	t.nodes[n] = 1 // want "LBG003 yellow: map table.nodes"
}

// Made when first used: that is no removal.
var lazy map[*C.builder]int

func Lazy(b *C.builder) {
	if lazy == nil {
		lazy = make(map[*C.builder]int)
	}
	lazy[b] = 1 // want "LBG003 yellow: map lazy"
}
