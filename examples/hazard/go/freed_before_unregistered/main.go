// Close frees first and deletes afterwards: in between the map answers for memory that is gone, and
// another goroutine may be given the same address.
package main

// #include <stdlib.h>
import "C"

import "unsafe"

// Job is known to the scheduler by its C memory.
type Job struct {
	memory unsafe.Pointer
}

var jobs = map[unsafe.Pointer]*Job{}

// Start registers a job.
func Start() *Job {
	j := &Job{memory: C.malloc(64)}
	jobs[j.memory] = j
	return j
}

// Close has its two statements in the wrong order.
func (j *Job) Close() {
	C.free(j.memory)
	delete(jobs, j.memory)
}

func main() {
	Start().Close()
}
