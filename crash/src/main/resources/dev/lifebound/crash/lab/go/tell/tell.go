// Package tell is how a victim tells the laboratory what it saw: one line on standard output that
// has left the process when the function returns.
package tell

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

var bug time.Time

// Bug marks the moment of the mistake; what follows is its consequence.
func Bug() {
	line("bug", fmt.Sprint(time.Now().UnixNano()))
	bug = time.Now()
}

// Silent says that the program went on with wrong data.
func Silent(format string, values ...any) { line("silent", fmt.Sprintf(format, values...), after()) }

// NoHarm says that all was right.
func NoHarm(format string, values ...any) { line("no-harm", fmt.Sprintf(format, values...), after()) }

// Leak says that memory stayed which nobody can reach.
func Leak(format string, values ...any) { line("leak", fmt.Sprintf(format, values...), after()) }

// NotRun says that this Go cannot show it.
func NotRun(format string, values ...any) { line("not-run", fmt.Sprintf(format, values...), "") }

// Refuted says that a belief was put to the test and is wrong.
func Refuted(format string, values ...any) { line("refuted", fmt.Sprintf(format, values...), after()) }

// Panicked says that a panic was recovered.
func Panicked(value any) { line("panicked", fmt.Sprint(value), after()) }

func after() string {
	if bug.IsZero() {
		return ""
	}
	return fmt.Sprint(time.Since(bug).Nanoseconds())
}

var escapes = strings.NewReplacer("\\", "\\\\", "\t", "\\t", "\n", "\\n", "\r", "\\r")

func line(kind string, texts ...string) {
	for i, text := range texts {
		texts[i] = escapes.Replace(text)
	}
	os.Stdout.WriteString("lifebound-lab " + kind + "\t" + strings.Join(texts, "\t") + "\n")
}

// Classic says whether this Go has the map of buckets (to 1.23) that some victims look into.
func Classic() bool {
	var major, minor int
	if n, _ := fmt.Sscanf(runtime.Version(), "go%d.%d", &major, &minor); n != 2 {
		return false
	}
	return major == 1 && minor < 24
}
