//go:build tinynetport && notls

package tls

import (
	"context"
	"errors"
	"net"
)

const inSoftware = false

// errNoTLS is what a program gets that asks for TLS but was built without it.
var errNoTLS = errors.New("tls: this program was built without TLS (build tag notls)")

func (c *Conn) elsewhereHandshake(ctx context.Context) error { return errNoTLS }
func (c *Conn) elsewhereRead(b []byte) (int, error)          { return 0, errNoTLS }
func (c *Conn) elsewhereWrite(b []byte) (int, error)         { return 0, errNoTLS }
func (c *Conn) elsewhereCloseWrite() error                   { return errNoTLS }

func (c *Conn) elsewhereClose() error {
	if c.conn == nil {
		return nil
	}
	return c.conn.Close()
}

func dialElsewhere(ctx context.Context, d *net.Dialer, network, addr string, config *Config) (*Conn, error) {
	return nil, errNoTLS
}

func serveElsewhere() error { return errNoTLS }
func quicElsewhere() error  { return errNoTLS }
