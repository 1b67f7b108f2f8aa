// The free is a call or two away, in C or in Go; so is the insert.
package helpers

/*
#include <stdlib.h>
typedef struct widget { int n; } widget;
static void widget_drop(widget *w) {
	if (w == NULL) return;
	free(w);
}
static void widget_drop_outer(widget *w) { widget_drop(w); }
*/
import "C"

import "unsafe"

var widgets = map[string]*C.widget{}

func register(name string, w *C.widget) { widgets[name] = w }

func destroy(w *C.widget) { C.widget_drop_outer(w) }

func Make(name string) {
	w := (*C.widget)(C.malloc(4))
	register(name, w)
	if name == "" {
		destroy(w) // want "LBG001 red: w is freed while map widgets"
	}
}

func Remove(name string) {
	destroy(widgets[name]) // want "LBG001 red"
}

var reg struct {
	byPtr map[unsafe.Pointer]*Thing
}

type Thing struct{ handle unsafe.Pointer }

func (t *Thing) release() { C.free(t.handle) }

func (t *Thing) Close() {
	t.release() // want "LBG001 red: t.handle is freed while map reg.byPtr"
}

func Add(t *Thing) { reg.byPtr[t.handle] = t }

func Lookup(p unsafe.Pointer) *Thing { return reg.byPtr[p] }
