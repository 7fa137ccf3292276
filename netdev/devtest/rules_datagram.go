package devtest

// Rules about datagrams.

import (
	"bytes"
	"github.com/tinynet/tinynet/netdev"
	"net"
	"net/netip"
	"runtime"
	"syscall"
	"time"
)

// connectUDP returns a connected socket, and the peer's, which knows its address.
func (c *check) connectUDP() (num int, peer net.PacketConn, us net.Addr) {
	peer, err := c.Peer.ListenPacket()
	keep(c, peer, err)
	peer.SetReadDeadline(time.Now().Add(3 * hang))
	num = c.socket(netdev.SOCK_DGRAM)
	if err := c.Dev.Connect(num, "", portOf(peer.LocalAddr())); err != nil {
		c.failf("Connect of datagrams: %v", err)
	}
	if n, err := c.sendOnce(num, []byte("hello")); n != 5 || err != nil {
		c.failf("Send of a datagram gives %d, %v", n, err)
	}
	buf := make([]byte, 100)
	n, us, err := peer.ReadFrom(buf)
	if err != nil || string(buf[:n]) != "hello" {
		c.failf("the peer gets %q, %v", buf[:n], err)
	}
	return num, peer, us
}

func checkDatagrams(c *check) {
	num, peer, us := c.connectUDP()
	sizes := []int{1, 500, 1400, 30}
	for _, size := range sizes {
		peer.WriteTo(pattern(size), us)
	}
	buf := make([]byte, 2000)
	for _, size := range sizes {
		r := c.recv(num, buf, time.Now().Add(hang))
		if !r.wait(2*hang) || r.err != nil || r.n < 0 || r.n > len(buf) || !bytes.Equal(buf[:r.n], pattern(size)) {
			c.failf("a datagram of %d bytes arrives as %d, or changed (%v)", size, r.n, r.err)
		}
	}
}

func checkDatagramLong(c *check) {
	num, peer, us := c.connectUDP()
	peer.WriteTo(pattern(100), us)
	peer.WriteTo([]byte("next"), us)
	buf := make([]byte, 10)
	r := c.recv(num, buf, time.Now().Add(hang))
	if r.wait(2*hang) && runtime.GOOS == "windows" && says(r.err, syscall.EMSGSIZE) {
		// The host device says there what Windows says, as Go does: the rest is gone, too.
	} else if !r.wait(2*hang) || r.err != nil || r.n != 10 {
		c.failf("Recv of 10 of 100 bytes gives %d, %v", r.n, r.err)
	}
	r = c.recv(num, buf, time.Now().Add(hang))
	if !r.wait(2*hang) || r.err != nil || r.n != 4 || string(buf[:4]) != "next" {
		c.failf("after that, Recv gives %d bytes, %q, %v", r.n, buf[:max(0, min(r.n, 10))], r.err)
	}
}

func checkDatagramClose(c *check) {
	buf := make([]byte, 100)
	for range 3 { // the first is sent when the peer is known
		peer, err := c.Peer.ListenPacket()
		keep(c, peer, err)
		num := c.socket(netdev.SOCK_DGRAM)
		if err := c.Dev.Connect(num, "", portOf(peer.LocalAddr())); err != nil {
			c.skipf("Connect of datagrams: %v", err)
		}
		if n, err := c.sendOnce(num, []byte("last words")); n != 10 || err != nil {
			c.skipf("Send of a datagram gives %d, %v", n, err)
		}
		var closed error
		if !ends(hang, func() { closed = c.Dev.Close(num) }) {
			c.skipf("Close hangs")
		}
		if closed != nil {
			c.skipf("Close: %v", closed)
		}
		peer.SetReadDeadline(time.Now().Add(3 * hang))
		if n, _, err := peer.ReadFrom(buf); err != nil || string(buf[:n]) != "last words" {
			c.failf("of what was sent before Close the peer gets %q, %v", buf[:n], err)
		}
	}
}

func checkOptDatagrams(c *check) {
	d, ok := c.device().(netdev.Datagrammer)
	if !ok {
		c.skipf("it is no Datagrammer")
	}
	num := c.socket(netdev.SOCK_DGRAM)
	buf := make([]byte, 100)
	for _, size := range []int{10, 20, 0} {
		peer, err := c.Peer.ListenPacket()
		keep(c, peer, err)
		peer.SetReadDeadline(time.Now().Add(3 * hang))
		to := portOf(peer.LocalAddr())
		var n int
		if !ends(3*hang, func() { n, err = d.SendTo(num, pattern(size), 0, time.Time{}, to) }) {
			c.failf("SendTo hangs")
		}
		if n != size || err != nil {
			c.failf("SendTo of %d bytes gives %d, %v", size, n, err)
		}
		n, us, err := peer.ReadFrom(buf)
		if err != nil || !bytes.Equal(buf[:n], pattern(size)) {
			c.failf("of %d bytes the peer gets %d, %v", size, n, err)
		}
		peer.WriteTo(buf[:n], us)
		var from netip.AddrPort
		limit := c.until(num, netdev.Reads, time.Now().Add(hang))
		if !ends(2*hang, func() { n, from, err = d.RecvFrom(num, buf, 0, limit) }) {
			c.failf("RecvFrom hangs")
		}
		if err != nil || n != size || netip.AddrPortFrom(from.Addr().Unmap(), from.Port()) != to {
			c.failf("RecvFrom gives %d bytes from %v, %v, and not %d from %v", n, from, err, size, to)
		}
	}
}
