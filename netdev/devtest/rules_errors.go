package devtest

// The rule about errors: what a driver's error says about what has happened.

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/tinynet/tinynet/netdev"
)

// notFound reports whether an error says that there is no such name. The words
// are those of ErrHostUnknown, of this module and of tinygo.org/x/drivers.
func notFound(err error) bool {
	if e, ok := err.(interface{ NotFound() bool }); ok && e.NotFound() {
		return true
	}
	var e *net.DNSError
	return errors.As(err, &e) && e.IsNotFound || err.Error() == "Host unknown"
}

// noSocket reports whether an error says that all sockets are in use.
func noSocket(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, netdev.ErrNoMoreSockets) || err.Error() == "No more sockets"
}

// winsock has the numbers by which Windows' sockets say the same: the host device
// passes them on, as Go does.
var winsock = map[syscall.Errno]syscall.Errno{
	syscall.EADDRINUSE: 10048, syscall.ECONNRESET: 10054, syscall.ETIMEDOUT: 10060, syscall.ECONNREFUSED: 10061, syscall.EMSGSIZE: 10040,
}

// says reports whether an error is one of the system's errors.
func says(err error, want syscall.Errno) bool {
	var number syscall.Errno
	return errors.Is(err, want) || runtime.GOOS == "windows" && errors.As(err, &number) && number == winsock[want]
}

func checkErrors(c *check) {
	judged := 0
	// Nobody listens.
	gone, err := c.Peer.Listen()
	keep(c, gone, err)
	at := portOf(gone.Addr())
	gone.Close()
	num := c.socket(netdev.SOCK_STREAM)
	if !ends(10*hang, func() { err = c.Dev.Connect(num, "", at) }) {
		c.skipf("Connect hangs")
	}
	if err != nil {
		judged++
		if !says(err, syscall.ECONNREFUSED) && !says(err, syscall.ETIMEDOUT) {
			c.failf("Connect where nobody listens gives %q, which is neither ECONNREFUSED nor ETIMEDOUT", err)
		}
	}
	c.Dev.Close(num)

	// The deadline passes; then the peer breaks the connection.
	num, peer := c.connect()
	r := c.recv(num, make([]byte, 1), time.Now().Add(moment))
	if r.wait(hang) && r.err != nil {
		judged++
		if !isTimeout(r.err) {
			c.failf("Recv at its deadline gives %q, which is no timeout", r.err)
		}
	}
	if l, ok := peer.(interface{ SetLinger(int) error }); ok && l.SetLinger(0) == nil {
		peer.Close()
		r := c.recv(num, make([]byte, 1), time.Now().Add(hang/4))
		if r.wait(hang) && r.err != nil && r.err != io.EOF && !isTimeout(r.err) { // for these there is the rule reset
			judged++
			if !says(r.err, syscall.ECONNRESET) && !errors.Is(r.err, net.ErrClosed) && !errors.Is(r.err, os.ErrClosed) {
				c.failf("Recv of a connection that its peer has broken gives %q, which is no ECONNRESET", r.err)
			}
		}
	}
	c.Dev.Close(num)

	// There is no such name.
	if _, err := c.Dev.GetHostByName("nobody.invalid"); err != nil && c.Host != "" {
		judged++
		if !notFound(err) {
			c.failf("the name nobody.invalid gives %q, which is no ErrHostUnknown", err)
		}
	}

	// Somebody has the port.
	if ip, err := c.Dev.Addr(); err == nil {
		bound := netip.AddrPortFrom(ip, uint16(32000+nextPort.Add(1)%2000))
		first, second := c.socket(netdev.SOCK_STREAM), c.socket(netdev.SOCK_STREAM)
		if c.Dev.Bind(first, bound) == nil && c.Dev.Listen(first, backlog) == nil {
			err := c.Dev.Bind(second, bound)
			if err == nil {
				err = c.Dev.Listen(second, backlog)
			}
			if err != nil {
				judged++
				if !says(err, syscall.EADDRINUSE) {
					c.failf("Bind or Listen on a port that has a listener gives %q, which is no EADDRINUSE", err)
				}
			}
		}
		c.Dev.Close(first)
		c.Dev.Close(second)
	}

	// All sockets are in use: as far as a test should go.
	for range 300 {
		_, err := c.Dev.Socket(netdev.AF_INET, netdev.SOCK_STREAM, netdev.IPPROTO_TCP)
		if err != nil {
			judged++
			if !noSocket(err) {
				c.failf("one socket too many gives %q, which is no ErrNoMoreSockets", err)
			}
			break
		}
	}
	if judged == 0 {
		c.skipf("nothing has failed")
	}
}
