//go:build tinynetport

package http

import (
	"context"
	"crypto/tls"
)

// handshake has a stack for itself, since it is deep and that of a dial is in use.
func handshake(c *tls.Conn, ctx context.Context) error {
	done := make(chan error, 1)
	spawn(func() { done <- c.HandshakeContext(ctx) })
	return <-done
}
