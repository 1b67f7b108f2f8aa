package cache

// #include <stdlib.h>
import "C"

import "unsafe"

type Cache struct {
	names map[string]*C.char
}

func (c *Cache) Evict(name string) {
	s, ok := c.names[name]
	if !ok {
		return
	}
	C.free(unsafe.Pointer(s)) // want "LBG001 red: s is freed while map Cache.names"
}

func (c *Cache) EvictDirectly(name string) {
	C.free(unsafe.Pointer(c.names[name])) // want "LBG001 red"
}

// The entry is removed on one path only.
func (c *Cache) EvictSometimes(name string, forget bool) {
	s := c.names[name]
	C.free(unsafe.Pointer(s)) // want "LBG001 red" "LBG002 yellow"
	if forget {
		delete(c.names, name)
	}
}

func (c *Cache) EvictLater(name string) {
	s := c.names[name]
	defer C.free(unsafe.Pointer(s)) // want "LBG001 red"
	println(name)
}

// The read after the free is on the same path.
func (c *Cache) Reread(name string) *C.char {
	C.free(unsafe.Pointer(c.names[name])) // want "LBG001 red"
	return c.names[name]
}
