// No entry outlives its memory here, for one reason or another.
package safe

/*
#include <stdlib.h>
typedef struct obj { int refs; } obj;
void obj_ref(obj *o);
void obj_unref(obj *o);
void obj_close(obj *o);
static void obj_drop(obj *o) {
	if (--o->refs == 0) {
		free(o);
	}
}
*/
import "C"

import (
	"os"
	"sync"
	"unsafe"
)

// A local map dies with its function.
func Local(names []string) {
	seen := map[string]*C.char{}
	for _, name := range names {
		seen[name] = C.CString(name)
	}
	for _, s := range seen {
		C.free(unsafe.Pointer(s))
	}
}

// The field is nil afterwards, and users can test it.
type Conn struct{ p unsafe.Pointer }

var conns = map[string]*Conn{}

func Dial(name string) { conns[name] = &Conn{p: C.malloc(1)} }

func (c *Conn) Close() {
	if c.p == nil {
		return
	}
	C.free(c.p)
	c.p = nil
}

func Get(name string) *Conn { return conns[name] }

// A reference of our own: the map's one stays.
var objects = map[int]*C.obj{}

func Use(id int) {
	o := objects[id]
	C.obj_ref(o)
	defer C.obj_unref(o)
}

// Frees on the last reference only.
func Release(id int) {
	C.obj_drop(objects[id])
}

// The caller removes.
func destroy(id int) { C.free(unsafe.Pointer(objects[id])) }

func Remove(id int) {
	o := objects[id]
	delete(objects, id)
	C.free(unsafe.Pointer(o))
}

func RemoveQuietly(id int) {
	delete(objects, id)
	destroy(id)
}

// C calls back and the callback removes.
var watched = map[*C.obj]string{}

func Watch(o *C.obj) { watched[o] = "w" }

//export goObjClosed
func goObjClosed(o *C.obj) { delete(watched, o) }

type Watcher struct{ o *C.obj }

func (w *Watcher) Add() { watched[w.o] = "w" }

func (w *Watcher) Close() { C.obj_close(w.o) }

// A function value may remove anything.
type Hooked struct {
	p       unsafe.Pointer
	onClose func(unsafe.Pointer)
}

var hooked = map[unsafe.Pointer]*Hooked{}

func (h *Hooked) Register() {
	hooked[h.p] = h
	h.onClose = func(p unsafe.Pointer) { delete(hooked, p) }
}

func (h *Hooked) Close() {
	h.onClose(h.p)
	C.free(h.p)
}

// A closure removes, run once.
type Once struct {
	once sync.Once
	p    unsafe.Pointer
}

var onces = map[unsafe.Pointer]*Once{}

func (o *Once) Register() { onces[o.p] = o }

func (o *Once) Close() {
	o.once.Do(func() {
		delete(onces, o.p)
		C.free(o.p)
	})
}

// The object was never registered on this path.
func NewOnce(fail bool) *Once {
	o := &Once{p: C.malloc(1)}
	if fail {
		C.free(o.p)
		return nil
	}
	onces[o.p] = o
	return o
}

// Equal tests correlate.
func Conditional(id int, last bool) {
	o := objects[id]
	if last {
		delete(objects, id)
	}
	if last {
		C.free(unsafe.Pointer(o))
	}
}

// The process ends.
func Die(id int) {
	C.free(unsafe.Pointer(objects[id]))
	os.Exit(1)
}

// Freed memory of the key's text, not of the map.
func Temporary(name string) {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	objects[len(name)] = nil
}

// A concurrent map, in the right order.
var pool sync.Map

func PoolDrop(p unsafe.Pointer) {
	pool.Delete(p)
	C.free(p)
}

func PoolTake(name string) {
	v, ok := pool.LoadAndDelete(name)
	if ok {
		C.free(v.(unsafe.Pointer))
	}
}

// Copied bytes do not dangle.
var copies = map[string]string{}

func Copy(name string) {
	s := C.CString(name)
	copies[name] = C.GoString(s)
	C.free(unsafe.Pointer(s))
}

// Swapped, then freed.
func Swap(id int, fresh *C.obj) {
	old := objects[id]
	objects[id] = fresh
	C.free(unsafe.Pointer(old))
}

// Another goroutine removes.
func Async(id int) {
	o := objects[id]
	go func() { delete(objects, id) }()
	C.free(unsafe.Pointer(o))
}

// The author takes responsibility.
func Owned(id int) {
	//lifebound:owner the supervisor forgets the id before it calls this
	C.free(unsafe.Pointer(objects[id]))
}

var pinned = map[string]*C.char{} //lifebound:owner entries live until exec

func Pin(name string) {
	s := C.CString(name)
	pinned[name] = s
	C.free(unsafe.Pointer(s))
}
