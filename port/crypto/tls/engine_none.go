//go:build tinynetport && notls

package tls

import (
	"context"
	"errors"
	"net"
)

// errNoTLS is what a program gets that asks for TLS but was built without it.
var errNoTLS = errors.New("tls: this program was built without TLS (build tag notls)")

var errNoKeys, errNoSessions = errNoTLS, errNoTLS

func (c *Conn) verdict(config *Config) (serverName string, err error) { return "", errNoTLS }

func dialElsewhere(ctx context.Context, d *net.Dialer, network, addr string, config *Config) (*Conn, error) {
	return nil, errNoTLS
}

func serveElsewhere() error { return errNoTLS }
func quicElsewhere() error  { return errNoTLS }
