// Go's own map: prints the nanoseconds of a get that hits and of one that misses, and the
// microseconds of the p99.99 and of the maximum of single puts while a map grows from empty.
package main

import (
	"fmt"
	"math/rand"
	"os"
	"sort"
	"strconv"
	"time"
)

func fill(keys []int64, nanos []int64) map[int64]int64 {
	m := make(map[int64]int64)
	for i, k := range keys {
		before := time.Now()
		m[k] = int64(i)
		nanos[i] = int64(time.Since(before))
	}
	return m
}

func gets(m map[int64]int64, keys []int64) (float64, int64) {
	best := time.Duration(1 << 62)
	var sum int64
	for round := 0; round < 5; round++ {
		before := time.Now()
		for _, k := range keys {
			sum += m[k]
		}
		if took := time.Since(before); took < best {
			best = took
		}
	}
	return float64(best) / float64(len(keys)), sum
}

func main() {
	n, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	random := rand.New(rand.NewSource(42))
	keys := make([]int64, n)
	other := make([]int64, n)
	for i := range keys {
		keys[i] = int64(random.Uint64())
		other[i] = int64(random.Uint64())
	}
	nanos := make([]int64, n)
	var m map[int64]int64
	for round := 0; round < 2; round++ {
		m = fill(keys, nanos)
	}
	sort.Slice(nanos, func(i, j int) bool { return nanos[i] < nanos[j] })
	random.Shuffle(n, func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	hit, sum := gets(m, keys)
	miss, none := gets(m, other)
	if sum == 0 || none != 0 {
		panic("the map must hold its keys")
	}
	fmt.Println(hit, miss, float64(nanos[n-1-n/10000])/1e3, float64(nanos[n-1])/1e3)
}
