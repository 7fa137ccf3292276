package host

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// A Publish puts a port of the board's at an address of this computer.
type Publish struct {
	Addr    netip.Addr // zero: Config.Listen
	Port    uint16     // 0: one that is free
	Board   uint16
	Network string // "tcp", "udp", or "" for both
}

// ParsePublish reads [ADDRESS:]PORT:BOARDPORT[/tcp|/udp], as in 8080:80,
// 0.0.0.0:8080:80 or [::1]:5353:53/udp.
func ParsePublish(s string) (p Publish, err error) {
	bad := fmt.Errorf("publish %s: want [ADDRESS:]PORT:BOARDPORT[/tcp|/udp], such as 8080:80 or 0.0.0.0:8080:80", s)
	rest, network, cut := strings.Cut(s, "/")
	if cut && network != "tcp" && network != "udp" {
		return p, bad
	}
	p.Network = network
	at, board, ok := cutLast(rest, ":")
	number, err := strconv.ParseUint(board, 10, 16)
	if !ok || err != nil || number == 0 {
		return p, bad
	}
	p.Board = uint16(number)
	if addr, port, ok := cutLast(at, ":"); ok {
		if p.Addr, err = netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(addr, "["), "]")); err != nil {
			return p, bad
		}
		at = port
	}
	if number, err = strconv.ParseUint(at, 10, 16); err != nil {
		return p, bad
	}
	p.Port = uint16(number)
	return p, nil
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+len(sep):], true
}

func (p Publish) covers(stream bool) bool {
	return p.Network == "" || stream == (p.Network == "tcp")
}

func (p Publish) at(listen netip.Addr) netip.AddrPort {
	if p.Addr.IsValid() {
		listen = p.Addr
	}
	return netip.AddrPortFrom(listen, p.Port)
}
