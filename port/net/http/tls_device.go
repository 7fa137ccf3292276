//go:build tinynetport && !notls && port.devicetls

package http

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http/httptrace"
)

// dialTLSElsewhere has the network device make the connection: crypto/tls
// cannot do TLS over one that exists.
func (pc *persistConn) dialTLSElsewhere(ctx context.Context, cm connectMethod, trace *httptrace.ClientTrace) (bool, error) {
	t := pc.t
	switch {
	case cm.scheme() != "https" && cm.targetScheme != "https":
		return false, nil
	case cm.proxyURL != nil:
		return false, errors.New("net/http: the network device does TLS, and cannot do it through a proxy (build tag tlssoftware can)")
	case t.hasCustomTLSDialer():
		return false, nil
	case t.DialContext != nil || t.Dial != nil:
		return false, errors.New("net/http: the network device does TLS, and has to make the connection itself: an https URL cannot use Transport.Dial or DialContext (use DialTLSContext, or build tag tlssoftware)")
	}
	var config *tls.Config
	if t.TLSClientConfig != nil {
		config = cloneTLSConfig(t.TLSClientConfig)
		if !t.ForceAttemptHTTP2 {
			config.NextProtos = httpOnly(config.NextProtos)
		}
	}
	if d := t.TLSHandshakeTimeout; d != 0 {
		// The device does it all in one go, so it has that time for all.
		sub, cancel := context.WithTimeoutCause(ctx, d, tlsHandshakeTimeoutError{})
		defer cancel()
		ctx = sub
	}
	if trace != nil && trace.TLSHandshakeStart != nil {
		trace.TLSHandshakeStart()
	}
	dialer := tls.Dialer{Config: config}
	conn, err := dialer.DialContext(ctx, "tcp", cm.addr())
	var state tls.ConnectionState
	if err == nil {
		state = conn.(*tls.Conn).ConnectionState()
		pc.conn, pc.tlsState = conn, &state
	} else if cause := context.Cause(ctx); cause == (tlsHandshakeTimeoutError{}) {
		err = cause
	}
	if trace != nil && trace.TLSHandshakeDone != nil {
		trace.TLSHandshakeDone(state, err)
	}
	return err == nil, err
}

// httpOnly drops the name of HTTP/1.1, which is what a server speaks anyway that
// is not told of a protocol.
func httpOnly(protos []string) []string {
	if len(protos) == 1 && protos[0] == "http/1.1" {
		return nil
	}
	return protos
}

func canServeTLS() error {
	return errors.New("net/http: the network device does TLS for clients only, so this program cannot serve https (build tag tlssoftware can)")
}

func (pc *persistConn) addTLS(ctx context.Context, name string, trace *httptrace.ClientTrace) error {
	return errors.New("net/http: the network device does TLS, and cannot do it over a connection that exists (build tag tlssoftware can)")
}

type tlsConn = tls.Conn
