//go:build tinynetport

package http

import (
	"net"
	"strings"
)

// hostPort is net.JoinHostPort, which joins nothing where both stand in whole already.
func hostPort(host, port, whole string) string {
	rest, ok := strings.CutPrefix(whole, host)
	if ok && len(rest) > 0 && rest[0] == ':' && rest[1:] == port && strings.IndexByte(host, ':') < 0 {
		return whole
	}
	return net.JoinHostPort(host, port)
}
