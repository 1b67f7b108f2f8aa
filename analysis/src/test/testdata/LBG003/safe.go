package safe

// typedef struct item item;
import "C"

import (
	"encoding/json"
	"unsafe"
)

var deleted = map[*C.item]int{}

func Add(i *C.item)    { deleted[i] = 1 }
func Remove(i *C.item) { delete(deleted, i) } // mutant drop LBG003

var cleared = map[*C.item]int{}

func AddCleared(i *C.item) { cleared[i] = 1 }

func Reset() {
	clear(cleared) // mutant drop LBG003
}

var replaced = map[*C.item]int{}

func AddReplaced(i *C.item) { replaced[i] = 1 }

func Replace() {
	replaced = map[*C.item]int{} // mutant drop LBG003
}

// Numbers never dangle.
var byId = map[int]*C.item{}

func AddId(id int, i *C.item) { byId[id] = i }

var byToken = map[uintptr]int{}

func AddToken(t uintptr) { byToken[t] = 1 }

var byHandle = map[C.uintptr_t]int{}

func AddHandle(h C.uintptr_t) { byHandle[h] = 1 }

// A local map dies with its function; a set only says "seen".
func Walk(items []*C.item) int {
	order := map[*C.item]int{}
	for n, i := range items {
		order[i] = n
	}
	return len(order)
}

var seen = map[*C.item]bool{}

func See(i *C.item) { seen[i] = true }

var marked = map[unsafe.Pointer]struct{}{}

func Mark(p unsafe.Pointer) { marked[p] = struct{}{} }

// Filled at start only.
var fixed = map[*C.item]string{}

func init() { fixed[nil] = "none" }

// The owner is no global: its map goes with it.
type Session struct{ items map[*C.item]int }

func (s *Session) Add(i *C.item) { s.items[i] = 1 }

// Somebody else may remove.
var handed = map[*C.item]int{}

func AddHanded(i *C.item) { handed[i] = 1 }

func Hand() { json.Unmarshal(nil, handed) }

// A helper removes.
var helped = map[*C.item]int{}

func AddHelped(i *C.item) { helped[i] = 1 }

func remove(m map[*C.item]int, i *C.item) { delete(m, i) }

func RemoveHelped(i *C.item) { remove(helped, i) } // mutant drop LBG003

// The author takes responsibility.
//lifebound:owner items are static objects of the library
var owned = map[*C.item]int{}

func AddOwned(i *C.item) { owned[i] = 1 }
