//go:build tinynetport && port.elsewhere

package tls

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// The network device does TLS, or nobody: this package has no protocol, and its Conn
// is a connection that the device made, with the errors of whoever does TLS. What the
// device can do is in engine_device.go; engine_none.go is for programs without TLS.
const inSoftware = false

// A Conn is a connection over which the network device does TLS. It implements
// net.Conn.
//
// Its fields lead to no other type of this package: a Conn is mostly used as a
// net.Conn, and TinyGo links what describes all types that its fields lead to. See
// docs/RATIONALE.md, "A Conn for firmware that does TLS".
type Conn struct {
	conn     net.Conn
	isClient bool
	config   hiddenConfig

	ready atomic.Bool // for TLS as it was asked for

	mu         sync.Mutex // guards the following
	checked    bool
	err        error // why it is not ready, once it was checked
	serverName string
}

// A hiddenConfig is a *Config.
type hiddenConfig unsafe.Pointer

func kept(config *Config) hiddenConfig { return hiddenConfig(config) }

func (c *Conn) serves() {}
func (c *Conn) dials()  {}

// Handshake asks whether c is TLS as its Config wants it. The device shook hands when
// it made the connection.
func (c *Conn) Handshake() error { return c.HandshakeContext(context.Background()) }

// HandshakeContext is Handshake with a context, which it only looks at once: nothing
// is waited for.
func (c *Conn) HandshakeContext(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.checked {
		c.checked = true
		c.serverName, c.err = c.verdict((*Config)(c.config))
		c.ready.Store(c.err == nil)
	}
	return c.err
}

// asked is nil if c is TLS as it was asked for, so that bytes may pass.
func (c *Conn) asked() error {
	if c.ready.Load() {
		return nil
	}
	return c.Handshake()
}

// Read reads what the device decrypted.
func (c *Conn) Read(b []byte) (int, error) {
	if err := c.asked(); err != nil {
		return 0, err
	}
	return c.conn.Read(b)
}

// Write has the device encrypt and send b.
func (c *Conn) Write(b []byte) (int, error) {
	if err := c.asked(); err != nil {
		return 0, err
	}
	return c.conn.Write(b)
}

// Close closes the connection.
func (c *Conn) Close() error {
	if c.conn == nil {
		return nil
	}
	return c.conn.Close()
}

// CloseWrite returns an error: no device closes one half of a connection.
func (c *Conn) CloseWrite() error {
	if err := c.asked(); err != nil {
		return err
	}
	return errHalf
}

var (
	errHalf   = errors.New("tls: the network device does TLS, and cannot close one half of a connection (build tag tlssoftware can)")
	errNoHost = errors.New("tls: the network device does TLS, and shows no certificate to verify (build tag tlssoftware does)")
)

// ConnectionState tells whether c is TLS as it was asked for, and with whom. Of the
// version, the suite and the certificates the device says nothing.
func (c *Conn) ConnectionState() ConnectionState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return ConnectionState{
		HandshakeComplete: c.ready.Load(),
		ServerName:        c.serverName,
		ekm:               func(string, []byte, int) ([]byte, error) { return nil, errNoKeys },
	}
}

// VerifyHostname returns an error: the device shows no certificate.
func (c *Conn) VerifyHostname(host string) error {
	if err := c.asked(); err != nil {
		return err
	}
	return errNoHost
}

// OCSPResponse returns nil: the device shows none.
func (c *Conn) OCSPResponse() []byte { return nil }

// NetConn returns the connection of the device that c wraps.
func (c *Conn) NetConn() net.Conn { return c.conn }

// LocalAddr and RemoteAddr are those of the device's connection, and so are the
// deadlines.
func (c *Conn) LocalAddr() net.Addr { return c.conn.LocalAddr() }

func (c *Conn) RemoteAddr() net.Addr { return c.conn.RemoteAddr() }

func (c *Conn) SetDeadline(t time.Time) error { return c.conn.SetDeadline(t) }

func (c *Conn) SetReadDeadline(t time.Time) error { return c.conn.SetReadDeadline(t) }

func (c *Conn) SetWriteDeadline(t time.Time) error { return c.conn.SetWriteDeadline(t) }
