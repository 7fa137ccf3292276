//go:build tinynetport

package http

import (
	"context"
	"errors"
	"net"
	"syscall"
)

// outOfSockets reports whether a connection was not made because the device
// has no socket left. However its driver says so, net makes it an EMFILE.
func outOfSockets(err error) bool { return errors.Is(err, syscall.EMFILE) }

// dialMakingRoom dials. While the device has no socket left it closes idle
// connections, the oldest first.
func (t *Transport) dialMakingRoom(ctx context.Context, network, addr string) (net.Conn, error) {
	for {
		c, err := t.dial(ctx, network, addr)
		if err == nil || !outOfSockets(err) || !t.closeOldestIdle() {
			return c, err
		}
	}
}

// closeOldestIdle closes an idle connection and reports whether there was one.
func (t *Transport) closeOldestIdle() bool {
	t.idleMu.Lock()
	if t.idleLRU.len() == 0 {
		t.idleMu.Unlock()
		return false
	}
	oldest := t.idleLRU.removeOldest()
	t.removeIdleConnLocked(oldest)
	t.idleMu.Unlock()
	oldest.close(errCloseIdleConns)
	return true
}
