//go:build tinynetport && !port.elsewhere

package tls

import (
	"context"
	"net"
)

// inSoftware tells whether this package does TLS itself. It is a constant, so
// that where it is false what is behind it is not linked.
const inSoftware = true

// What tls.go calls in each build, as Go has it.

func kept(config *Config) *Config { return config }

func (c *Conn) serves() { c.handshakeFn = c.serverHandshake }
func (c *Conn) dials()  { c.handshakeFn = c.clientHandshake }

// What it calls where TLS is not done in software.

func dialElsewhere(ctx context.Context, d *net.Dialer, network, addr string, config *Config) (*Conn, error) {
	return nil, nil
}

func serveElsewhere() error { return nil }
