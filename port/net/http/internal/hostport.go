//go:build tinynetport

package internal

import (
	"net"
	"unicode/utf8"
)

// PunycodeHostPort writes a host, or a host and port, in ASCII as it is.
func PunycodeHostPort(address string) (string, error) {
	if isASCII(address) {
		return address, nil
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		host, port = address, ""
	}
	if host, err = PunycodeASCII(host); err != nil {
		return "", err
	}
	if port != "" {
		host = net.JoinHostPort(host, port)
	}
	return host, nil
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
