//go:build tinynetport

package context

import (
	"time"
	"unsafe"
)

// A hiddenTime is a time.Time whose type tells nothing of it. It has Go's three
// words, the last of which is a pointer.
type hiddenTime struct {
	wall, ext uint64
	loc       unsafe.Pointer
}

// This does not compile where a time.Time is of another size.
var _ = [1]struct{}{}[unsafe.Sizeof(hiddenTime{})-unsafe.Sizeof(time.Time{})]

func hideTime(t time.Time) hiddenTime    { return *(*hiddenTime)(unsafe.Pointer(&t)) }
func (h hiddenTime) time() (t time.Time) { return *(*time.Time)(unsafe.Pointer(&h)) }

// A hiddenTimer is a *time.Timer whose type tells nothing of it.
type hiddenTimer struct{ p unsafe.Pointer }

func (h hiddenTimer) timer() *time.Timer { return (*time.Timer)(h.p) }

func hiddenAfterFunc(d time.Duration, f func()) hiddenTimer {
	return hiddenTimer{unsafe.Pointer(time.AfterFunc(d, f))}
}
