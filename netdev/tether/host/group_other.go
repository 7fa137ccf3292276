//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package host

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

var errGroup = fmt.Errorf("the tether does not know how to hear a group, and nothing but that, on this system: %w", errors.ErrUnsupported)

func share(_, _ string, _ syscall.RawConn) error { return errGroup }

// group would have to hear everything that is sent to the port, of which it
// cannot tell where it was sent.
func (computer) group(g netip.AddrPort, ifindex int) (packetConn, error) { return nil, errGroup }
