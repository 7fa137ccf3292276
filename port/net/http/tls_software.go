//go:build tinynetport && !notls && !port.devicetls

package http

import (
	"context"
	"crypto/tls"
	"net/http/httptrace"
)

// dialTLSElsewhere makes a connection for an https URL where crypto/tls does
// not do TLS in software. It tells whether it did.
func (pc *persistConn) dialTLSElsewhere(ctx context.Context, cm connectMethod, trace *httptrace.ClientTrace) (bool, error) {
	return false, nil
}

// canServeTLS returns why this program cannot serve https, if it cannot.
func canServeTLS() error { return nil }

func (pc *persistConn) addTLS(ctx context.Context, name string, trace *httptrace.ClientTrace) error {
	return pc.addSoftwareTLS(ctx, name, trace)
}

type tlsConn = tls.Conn
