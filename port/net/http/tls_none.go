//go:build tinynetport && notls

package http

import (
	"context"
	"errors"
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

func canServeTLS() error { return errNoTLS }
