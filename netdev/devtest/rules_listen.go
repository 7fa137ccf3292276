package devtest

// Rules about listeners.

import (
	"github.com/tinynet/tinynet/netdev"
	"net"
	"net/netip"
	"time"
)

func checkListen(c *check) {
	num := c.socket(netdev.SOCK_STREAM)
	if err := c.Dev.Bind(num, anyAddr(30000+nextPort.Add(1)%2000)); err != nil {
		c.skipf("Bind: %v", err) // perhaps it is in use
	}
	if err := c.Dev.Listen(num, backlog); err != nil {
		c.failf("Listen: %v", err)
	}
	c.Dev.Close(num)
	_, peer, _ := c.accepted(true)
	peer.Close()
}

// accepted returns a connection from the peer, which speaks first if it must.
func (c *check) accepted(speak bool) (num int, peer net.Conn, from netip.AddrPort) {
	l, at := c.listen()
	r := c.accept(l)
	r.wait(moment)
	peer, err := c.Peer.Dial(at)
	keep(c, peer, err)
	if speak {
		peer.Write([]byte("x"))
	}
	if !r.wait(hang) {
		c.failf("Accept does not return for a client")
	}
	if r.err != nil {
		c.failf("Accept: %v", r.err)
	}
	return r.n, peer, r.peer
}

func checkInUse(c *check) {
	l, at := c.listen()
	other := c.socket(netdev.SOCK_STREAM)
	err := c.Dev.Bind(other, at)
	if err == nil {
		err = c.Dev.Listen(other, backlog)
	}
	if err == nil {
		c.failf("two listeners are at %v", at)
	}
	c.Dev.Close(other)
	c.Dev.Close(l)
	third := c.socket(netdev.SOCK_STREAM)
	if err := c.Dev.Bind(third, at); err != nil {
		c.failf("Bind after Close of the listener: %v", err)
	}
	if err := c.Dev.Listen(third, backlog); err != nil {
		c.failf("Listen after Close of the listener: %v", err)
	}
}

func checkAcceptPeer(c *check) {
	_, peer, from := c.accepted(true)
	if want := portOf(peer.LocalAddr()); from.Addr().Unmap() != want.Addr() || from.Port() != want.Port() {
		c.failf("a client at %v is said to be at %v", want, from)
	}
}

func checkAcceptSilent(c *check) { c.accepted(false) }

func checkAcceptLock(c *check) {
	other, _, _ := c.connectUDP()
	l, _ := c.listen()
	c.accept(l)
	// A lock that is held for some of the time shows in each of these rounds.
	for range 4 {
		slow := time.Duration(0)
		// A busy machine may sleep through the time that the lock is held: so many
		// looks, too.
		end := time.Now().Add(12 * moment)
		for looks := 0; (looks < 40 || time.Now().Before(end)) && slow < prompt; looks++ {
			start := time.Now()
			if !ends(hang, func() { c.Dev.Send(other, []byte("x"), 0, time.Time{}) }) {
				c.failf("a call for another socket waits")
			}
			slow = max(slow, time.Since(start))
			background(func(*call) {}).wait(0)
			pause := background(func(*call) { <-time.After(5 * time.Millisecond) })
			pause.wait(moment)
		}
		if slow < prompt {
			return
		}
	}
	c.failf("calls for another socket take more than %v, again and again", prompt)
}

func checkCloseAccept(c *check) {
	l, _ := c.listen()
	r := c.accept(l)
	r.wait(moment)
	if !ends(hang, func() { c.Dev.Close(l) }) {
		c.failf("Close hangs")
	}
	if !r.wait(hang) {
		c.failf("Accept goes on after Close")
	}
	if r.err == nil {
		c.failf("Accept returns %d and no error", r.n)
	}
}
