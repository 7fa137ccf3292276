//go:build tinynetport

package http

import (
	"crypto/tls"
	"net"
	_ "unsafe" // for go:linkname
)

// tlsConnAround is a tls.Conn whose NetConn is c, and which can do nothing else: an
// implementation of HTTP/2 gets a connection without TLS in it. It is in crypto/tls.
// See docs/RATIONALE.md, "Unencrypted HTTP/2 without TLS".
//
//go:linkname tlsConnAround
func tlsConnAround(c net.Conn) *tls.Conn
