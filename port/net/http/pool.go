//go:build tinynetport

package http

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
)

// noSockets is in what drivers say when all sockets of a device are in use.
const noSockets = "no more sockets"

// outOfSockets reports whether a connection was not made because the device
// has no socket left. What drivers say then is netdev.ErrNoMoreSockets of
// tinygo.org/x/drivers or of tinynet, which this package cannot import.
func outOfSockets(err error) bool {
	var op *net.OpError
	if !errors.As(err, &op) || op.Err == nil {
		return false
	}
	return errors.Is(err, syscall.EMFILE) || strings.Contains(strings.ToLower(op.Err.Error()), noSockets)
}

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
