// The map is keyed by C pointers and only grows. When C gives an address out again, the label of the
// dead shape answers for the new one.
package main

/*
struct shape { int sides; };
static struct shape pool[1];
static struct shape *shape_take(void) { return &pool[0]; }
static void shape_give_back(struct shape *s) { s->sides = 0; }
*/
import "C"

import "fmt"

var labels = map[*C.struct_shape]string{}

// Label names a shape; nothing takes the name away again.
func Label(s *C.struct_shape, text string) {
	labels[s] = text
}

func main() {
	first := C.shape_take()
	Label(first, "square")
	C.shape_give_back(first)
	second := C.shape_take()
	fmt.Println(labels[second]) // "square", though nobody named it
	C.shape_give_back(second)
}
