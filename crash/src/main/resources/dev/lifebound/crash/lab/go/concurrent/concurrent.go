// Package concurrent uses a map from several goroutines without a lock. The runtime's check is a
// plain flag, best effort; when it sees the misuse it ends the process, and recover cannot help.
package concurrent

import (
	"runtime"
	"time"

	"lifebound.dev/lab/tell"
)

const longest = 8 * time.Second

var counts = map[int]int{}

// Writers lets two goroutines write.
func Writers() {
	for i := 0; i < 1000; i++ {
		counts[i] = i
	}
	race(write, write)
}

// Reader lets one goroutine read while another writes: reads check as well.
func Reader() {
	for i := 0; i < 1000; i++ {
		counts[i] = i
	}
	race(write, func() {
		for i := 0; i < 1000; i++ {
			_ = counts[i]
		}
	})
}

// Range lets one goroutine range over the map while another writes.
func Range() {
	for i := 0; i < 1000; i++ {
		counts[i] = i
	}
	race(write, func() {
		for range counts {
		}
	})
}

func write() {
	for i := 0; i < 1000; i++ {
		counts[i] = i
	}
}

func race(one, other func()) {
	runtime.GOMAXPROCS(max(2, runtime.NumCPU()))
	tell.Bug()
	end := time.Now().Add(longest)
	for _, work := range []func(){one, other} {
		go func(work func()) {
			defer func() {
				if value := recover(); value != nil {
					tell.Panicked(value)
				}
			}()
			for {
				work()
			}
		}(work)
	}
	time.Sleep(time.Until(end))
	tell.NoHarm("the runtime saw nothing in %v", longest)
}

func max(a, b int) int {
	if a > b {
		return a
	}
	return b
}
