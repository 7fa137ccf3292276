//go:build tinynetport && port.board

package net

import "net/netip"

// parseAddr is netip.ParseAddr with one error for everything that is wrong:
// the errors of package netip quote what they are about, and bring along
// tables of all characters that can be printed.
func parseAddr(s string) (netip.Addr, error) {
	text, zone := s, ""
	if i := indexByte(s, '%'); i >= 0 {
		text, zone = s[:i], s[i+1:]
	}
	var ip [16]byte
	if indexByte(text, ':') < 0 {
		if len(text) < len(s) || !parseDotted(text, ip[12:]) {
			return netip.Addr{}, errBadAddr
		}
		return netip.AddrFrom4([4]byte(ip[12:])), nil
	}
	if len(text) < len(s) && zone == "" {
		return netip.Addr{}, errBadAddr
	}
	head, tail, gap := text, "", false
	for i := 0; i+1 < len(text); i++ {
		if text[i] == ':' && text[i+1] == ':' {
			head, tail, gap = text[:i], text[i+2:], true
			break
		}
	}
	first, ok1 := parseGroups(head, ip[:], !gap)
	var rest [16]byte
	last, ok2 := parseGroups(tail, rest[:], true)
	size := first + last
	if !ok1 || !ok2 || gap && size > 14 || !gap && size != 16 {
		return netip.Addr{}, errBadAddr
	}
	copy(ip[16-last:], rest[:last])
	return netip.AddrFrom16(ip).WithZone(zone), nil
}

// parseGroups reads the groups of an IPv6 address, or of its part on one side
// of the gap, and tells how many bytes they are. The last of them may be an
// IPv4 address (RFC 4291, section 2.2).
func parseGroups(text string, ip []byte, dotted bool) (n int, ok bool) {
	if text == "" {
		return 0, true
	}
	for more := true; more; {
		group := text
		if i := indexByte(text, ':'); i >= 0 {
			group, text = text[:i], text[i+1:]
		} else {
			more = false
		}
		if !more && dotted && indexByte(group, '.') >= 0 {
			if n > 12 || !parseDotted(group, ip[n:n+4]) {
				return n, false
			}
			return n + 4, true
		}
		if n > 14 || len(group) == 0 || len(group) > 4 {
			return n, false
		}
		v := uint(0)
		for i := 0; i < len(group); i++ {
			c := uint(group[i])
			switch {
			case '0' <= c && c <= '9':
				c -= '0'
			case 'a' <= c|0x20 && c|0x20 <= 'f':
				c = c | 0x20 - 'a' + 10
			default:
				return n, false
			}
			v = v<<4 | c
		}
		ip[n], ip[n+1] = byte(v>>8), byte(v)
		n += 2
	}
	return n, true
}

// parseDotted reads an IPv4 address. Octets have no zero in front, because to
// some programs that means octal.
func parseDotted(text string, ip []byte) bool {
	octet, digits, v := 0, 0, uint(0)
	for i := 0; ; i++ {
		if i == len(text) || text[i] == '.' {
			if digits == 0 || octet == len(ip) {
				return false
			}
			ip[octet] = byte(v)
			octet, digits, v = octet+1, 0, 0
			if i == len(text) {
				return octet == len(ip)
			}
			continue
		}
		c := uint(text[i]) - '0'
		if c > 9 || digits > 0 && v == 0 {
			return false
		}
		if v = 10*v + c; v > 255 {
			return false
		}
		digits++
	}
}

func indexByte(s string, c byte) int {
	for i := 0; i < len(s); i++ {
		if s[i] == c {
			return i
		}
	}
	return -1
}

var errBadAddr error = &badAddrError{}

type badAddrError struct{}

func (*badAddrError) Error() string { return "not an IP address" }
