package escape

var pointers = map[string]*int{}

// Pointer keeps the same address as a pointer: the compiler moves the variable to the heap, and the
// collector keeps it for as long as the map does.
func Pointer() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		balance := 100
		pointers["balance"] = &balance
		deeper(10_000)
		*pointers["balance"] = 50
		report(balance)
	}()
	<-done
}
