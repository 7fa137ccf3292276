package devtest

// Rules about sockets as such: their numbers, options, names and addresses.

import (
	"bytes"
	"github.com/tinynet/tinynet/netdev"
	"io"
	"net"
	"net/netip"
	"time"
)

func checkSockets(c *check) {
	var nums []int
	for i := range 2 {
		num, err := c.Dev.Socket(netdev.AF_INET, netdev.SOCK_STREAM, netdev.IPPROTO_TCP)
		if err != nil {
			c.failf("Socket number %d: %v", i+1, err)
		}
		nums = append(nums, num)
	}
	if nums[0] < 0 || nums[1] < 0 || nums[0] == nums[1] {
		c.failf("two sockets have the numbers %d", nums)
	}
}

func checkNumbers(c *check) {
	old := c.socket(netdev.SOCK_STREAM)
	if err := c.Dev.Close(old); err != nil {
		c.failf("Close: %v", err)
	}
	at := netip.AddrPortFrom(c.Peer.Addr(), 9)
	soon := time.Now().Add(hang)
	for _, num := range []int{old, -1, 1 << 30, -1 << 31} {
		for name, f := range map[string]func() error{
			"Bind":       func() error { return c.Dev.Bind(num, at) },
			"Connect":    func() error { return c.Dev.Connect(num, "", at) },
			"Listen":     func() error { return c.Dev.Listen(num, backlog) },
			"Accept":     func() error { _, _, err := c.Dev.Accept(num); return err },
			"Send":       func() error { _, err := c.Dev.Send(num, []byte("x"), 0, soon); return err },
			"Recv":       func() error { _, err := c.Dev.Recv(num, make([]byte, 1), 0, soon); return err },
			"Close":      func() error { return c.Dev.Close(num) },
			"SetSockOpt": func() error { return c.Dev.SetSockOpt(num, netdev.SOL_TCP, netdev.TCP_NODELAY, true) },
		} {
			var err error
			if !ends(hang, func() { err = f() }) {
				c.failf("%s with the number %d hangs", name, num)
			}
			if err == nil {
				c.failf("%s with the number %d, which is not open, succeeds", name, num)
			}
		}
	}
}

func checkRefused(c *check) {
	l, err := c.Peer.Listen()
	keep(c, l, err)
	gone, err := c.Peer.Listen()
	keep(c, gone, err)
	nowhere := portOf(gone.Addr()) // which a listener that is closed need not know
	gone.Close()
	num := c.socket(netdev.SOCK_STREAM)
	var result error
	if !ends(10*hang, func() { result = c.Dev.Connect(num, "", nowhere) }) {
		c.failf("Connect where nobody listens hangs")
	}
	if result == nil {
		c.failf("Connect where nobody listens succeeds")
	}
	if err := c.Dev.Close(num); err != nil {
		c.failf("Close after that: %v", err)
	}
	num = c.socket(netdev.SOCK_STREAM)
	if err := c.Dev.Connect(num, "", portOf(l.Addr())); err != nil {
		c.failf("Connect after that: %v", err)
	}
}

func checkAgain(c *check) {
	l, err := c.Peer.Listen()
	keep(c, l, err)
	for i := range 30 {
		num, err := c.Dev.Socket(netdev.AF_INET, netdev.SOCK_STREAM, netdev.IPPROTO_TCP)
		if err != nil {
			c.failf("after %d connections, Socket: %v", i, err)
		}
		peer := c.connectTo(num, l)
		peer.Close()
		if err := c.Dev.Close(num); err != nil {
			c.failf("Close: %v", err)
		}
	}
}

func checkOptions(c *check) {
	num, _ := c.connect()
	if err := c.Dev.SetSockOpt(num, netdev.SOL_TCP, netdev.TCP_NODELAY, true); err != nil {
		c.failf("TCP_NODELAY: %v", err)
	}
	if err := c.Dev.SetSockOpt(num, netdev.SOL_SOCKET, netdev.SO_KEEPALIVE, true); err != nil {
		c.failf("SO_KEEPALIVE: %v", err)
	}
	// A device may lack the others; the errors are then the program's.
	for _, o := range []struct {
		level, opt int
		value      any
	}{
		{netdev.SOL_TCP, netdev.TCP_KEEPIDLE, 15},
		{netdev.SOL_TCP, netdev.TCP_KEEPINTVL, 15},
		{netdev.SOL_TCP, netdev.TCP_KEEPCNT, 9},
		{netdev.SOL_SOCKET, netdev.SO_LINGER, 3},
		{netdev.SOL_SOCKET, netdev.SO_RCVBUF, 4096},
		{netdev.SOL_SOCKET, netdev.SO_SNDBUF, 4096},
	} {
		if !ends(hang, func() { c.Dev.SetSockOpt(num, o.level, o.opt, o.value) }) {
			c.failf("option %#x of level %#x hangs", o.opt, o.level)
		}
	}
}

// icmp is the protocol of a raw socket.
const icmp = 1

func checkRaw(c *check) {
	num, err := c.Dev.Socket(netdev.AF_INET, netdev.SOCK_RAW, icmp)
	if err != nil {
		return
	}
	peer, err := c.Peer.ListenPacket()
	keep(c, peer, err)
	if err := c.Dev.Connect(num, "", portOf(peer.LocalAddr())); err != nil {
		return
	}
	c.sendOnce(num, []byte("raw"))
	peer.SetReadDeadline(time.Now().Add(hang / 4))
	buf := make([]byte, 10)
	if n, _, err := peer.ReadFrom(buf); err == nil && string(buf[:n]) == "raw" {
		c.failf("a raw socket sends datagrams of UDP")
	}
}

func checkTLS(c *check) {
	num, err := c.Dev.Socket(netdev.AF_INET, netdev.SOCK_STREAM, netdev.IPPROTO_TLS)
	if err != nil {
		return
	}
	l, err := c.Peer.Listen()
	keep(c, l, err)
	secret := []byte("the secret that nobody may read")
	// As net does: the name, which may be an address, and of the address the port.
	host, to := c.Host, portOf(l.Addr())
	if host == "" {
		host = to.Addr().String()
	}
	background(func(r *call) {
		if c.Dev.Connect(num, host, netip.AddrPortFrom(netip.Addr{}, to.Port())) == nil {
			c.Dev.Send(num, secret, 0, time.Time{})
		}
	})
	var peer net.Conn
	accepted := background(func(*call) { peer, err = l.Accept() })
	if !accepted.wait(hang) || err != nil {
		return // it has gone elsewhere, or given up
	}
	keep(c, peer, nil)
	peer.SetReadDeadline(time.Now().Add(hang / 3))
	got, _ := io.ReadAll(io.LimitReader(peer, int64(len(secret))))
	if bytes.Contains(got, secret[:10]) {
		c.failf("a socket with IPPROTO_TLS sends %q as it is", got)
	}
}

func checkLookup(c *check) {
	if c.Host == "" {
		c.skipf("the setup has no name")
	}
	ip, err := c.Dev.GetHostByName(c.Host)
	if err != nil || !ip.IsValid() {
		c.failf("%s is at %v, %v", c.Host, ip, err)
	}
	if ip, err := c.Dev.GetHostByName("nobody.invalid"); err == nil {
		c.failf("nobody.invalid is at %v", ip)
	}
}

func checkOptSockname(c *check) {
	d, ok := c.device().(netdev.SockNamer)
	if !ok {
		c.skipf("it is no SockNamer")
	}
	for _, stype := range []int{netdev.SOCK_STREAM, netdev.SOCK_DGRAM} {
		num := c.socket(stype)
		if err := c.Dev.Bind(num, anyAddr(0)); err != nil {
			c.skipf("Bind: %v", err)
		}
		if stype == netdev.SOCK_STREAM { // net asks a listener
			if err := c.Dev.Listen(num, backlog); err != nil {
				c.skipf("Listen: %v", err)
			}
		}
		if at, err := d.GetSockname(num); err != nil || at.Port() == 0 {
			c.failf("a socket with a port of the device's choice is at %v, %v", at, err)
		}
	}
	num, peer := c.connect()
	at, err := d.GetSockname(num)
	if want := portOf(peer.RemoteAddr()); err != nil || at.Addr().Unmap() != want.Addr() || at.Port() != want.Port() {
		c.failf("a connection is at %v, %v; the peer sees %v", at, err, want)
	}
	l, where := c.listen()
	if where.Port() == 0 {
		c.failf("a listener is at port 0")
	}
	r := c.accept(l)
	client, err := c.Peer.Dial(where)
	if err != nil {
		c.failf("nobody is at %v, where GetSockname says that a listener is: %v", where, err)
	}
	keep(c, client, nil)
	client.Write([]byte("x"))
	if !r.wait(hang) || r.err != nil {
		c.failf("nobody arrives at %v, where GetSockname says that a listener is", where)
	}
}
