//go:build tinynetport

package tls

import "sync"

// readMutex stands in for an RWMutex, by which TinyGo hangs when a reader comes
// while a writer waits: it lets readers in one by one.
// See docs/RATIONALE.md, "Plain locks for readers".
type readMutex struct{ sync.Mutex }

func (m *readMutex) RLock()   { m.Lock() }
func (m *readMutex) RUnlock() { m.Unlock() }
