//go:build tinynetport && notls

package http

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http/httptrace"
)

var errNoTLS = errors.New("net/http: https needs TLS, and this program was built without it (build tag notls)")

func (pc *persistConn) dialTLSElsewhere(ctx context.Context, cm connectMethod, trace *httptrace.ClientTrace) (bool, error) {
	// What DialTLS of the program returns is the program's own.
	if cm.targetScheme == "https" && !(cm.proxyURL == nil && pc.t.hasCustomTLSDialer()) || cm.scheme() == "https" && !pc.t.hasCustomTLSDialer() {
		return false, errNoTLS
	}
	return false, nil
}

func (pc *persistConn) addTLS(ctx context.Context, name string, trace *httptrace.ClientTrace) error {
	return errNoTLS
}

// A tlsConn is in the place of a tls.Conn, of which there is none that could do
// anything. Naming the methods of that one would link them.
type tlsConn struct{ net.Conn }

func (*tlsConn) HandshakeContext(context.Context) error { return errNoTLS }
func (*tlsConn) ConnectionState() tls.ConnectionState   { return tls.ConnectionState{} }

func canServeTLS() error { return errNoTLS }
