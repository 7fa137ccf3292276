//go:build tinynetport && !notls && !port.devicetls

package tls

import (
	"context"
	"net"
)

// inSoftware tells whether this package does TLS itself. It is a constant, so
// that where it is false none of the protocol is linked.
const inSoftware = true

// What Conn and Dial call where TLS is not done in software.

func (c *Conn) elsewhereHandshake(ctx context.Context) error { return nil }
func (c *Conn) elsewhereRead(b []byte) (int, error)          { return 0, nil }
func (c *Conn) elsewhereWrite(b []byte) (int, error)         { return 0, nil }
func (c *Conn) elsewhereClose() error                        { return nil }
func (c *Conn) elsewhereCloseWrite() error                   { return nil }

func dialElsewhere(ctx context.Context, d *net.Dialer, network, addr string, config *Config) (*Conn, error) {
	return nil, nil
}

func serveElsewhere() error { return nil }
func quicElsewhere() error  { return nil }
