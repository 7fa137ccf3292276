// Package heap is for programs that say what heap something takes, on boards, too.
package heap

import (
	"runtime"
	"strconv"
	"time"
)

// InUse returns the heap in use, in bytes.
func InUse() uint64 {
	for range 3 {
		time.Sleep(time.Millisecond) // what has come to its end goes
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Allocated returns how often and how much was ever allocated, in bytes.
func Allocated() (times, size uint64) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs, m.TotalAlloc
}

// Say prints one figure.
func Say[N int | uint64](name string, value N) {
	println(name+":", strconv.FormatInt(int64(value), 10))
}
