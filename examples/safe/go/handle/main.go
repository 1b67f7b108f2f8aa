// A Go value reached from C by a number instead of an address: a number never dangles.
package main

// #include <stdint.h>
import "C"

import (
	"fmt"
	"runtime/cgo"
)

// Task is what a C callback would want back.
type Task struct{ name string }

// Register gives the number to pass through C as user data.
func Register(t *Task) C.uintptr_t {
	return C.uintptr_t(cgo.NewHandle(t))
}

// Done looks the task up and gives the number back, exactly once.
func Done(number C.uintptr_t) *Task {
	handle := cgo.Handle(number)
	task := handle.Value().(*Task)
	handle.Delete()
	return task
}

func main() {
	fmt.Println(Done(Register(&Task{name: "first"})).name)
}
