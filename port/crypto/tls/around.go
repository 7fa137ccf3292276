//go:build tinynetport

package tls

import (
	"net"
	_ "unsafe" // for go:linkname
)

// connAround is for net/http, which hands a connection without TLS to HTTP/2 as the
// NetConn of a Conn that is never used otherwise. Client would do, too, but it leads
// the linker to the handshake.
//
//go:linkname connAround net/http.tlsConnAround
func connAround(c net.Conn) *Conn { return &Conn{conn: c} }
