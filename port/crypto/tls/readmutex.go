//go:build tinynetport

package tls

import "sync"

// readMutex stands in for an RWMutex, by which TinyGo hangs when a reader comes
// while a writer waits (see docs/tinygo.md, 9): it lets readers in one by one.
type readMutex struct{ sync.Mutex }

func (m *readMutex) RLock()   { m.Lock() }
func (m *readMutex) RUnlock() { m.Unlock() }
