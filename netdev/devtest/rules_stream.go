package devtest

// Rules about streams: what is sent and received, how they end, and deadlines.

import (
	"bytes"
	"errors"
	"github.com/tinynet/tinynet/netdev"
	"io"
	"runtime"
	"time"
)

// pattern makes n bytes.
func pattern(n int) []byte {
	p := make([]byte, n)
	x := uint32(n)
	for i := range p {
		x = x*1664525 + 1013904223
		p[i] = byte(x >> 24)
	}
	return p
}

// send sends all of p.
func (c *check) send(num int, p []byte) error {
	for len(p) > 0 {
		n, err := c.Dev.Send(num, p, 0, time.Time{})
		if err == nil && n <= 0 || n > len(p) {
			err = errors.New("a count that cannot be")
		}
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// receive receives n bytes.
func (c *check) receive(num, n int) ([]byte, error) {
	var got []byte
	buf := make([]byte, 1000)
	for len(got) < n {
		m, err := c.Dev.Recv(num, buf[:min(len(buf), n-len(got))], 0, time.Now().Add(2*hang))
		if err == nil && (m <= 0 || m > len(buf)) {
			err = errors.New("a count that cannot be")
		}
		if err != nil {
			return got, err
		}
		got = append(got, buf[:m]...)
	}
	return got, nil
}

func checkStream(c *check) {
	num, peer := c.connect()
	for _, size := range []int{1, 1000, 20000} {
		want := pattern(size)
		got := make([]byte, size)
		read := background(func(r *call) { _, r.err = io.ReadFull(peer, got) })
		var err error
		if !ends(3*hang, func() { err = c.send(num, want) }) {
			c.failf("Send hangs though the peer reads")
		}
		if err != nil {
			c.failf("Send: %v", err)
		}
		<-read.done
		if read.err != nil || !bytes.Equal(got, want) {
			c.failf("the peer does not get the %d bytes that were sent (%v)", size, read.err)
		}
		background(func(*call) { peer.Write(want) })
		var back []byte
		if !ends(3*hang, func() { back, err = c.receive(num, size) }) {
			c.failf("Recv hangs though the peer writes")
		}
		if err != nil || !bytes.Equal(back, want) {
			c.failf("of %d bytes that the peer has sent, %d arrive, or others (%v)", size, len(back), err)
		}
	}
}

func checkCounts(c *check) {
	num, peer := c.connect()
	buf := make([]byte, 10)
	for range 40 {
		c.sendOnce(num, []byte("count"))
		peer.Write([]byte("these"))
		c.Dev.Recv(num, buf, 0, time.Now().Add(hang))
	}
}

func checkEOF(c *check) {
	num, peer := c.connect()
	peer.Write([]byte("the end"))
	peer.Close()
	if got, err := c.receive(num, 7); string(got) != "the end" {
		c.failf("before the end Recv gives %q, %v", got, err)
	}
	for range 2 {
		r := c.recv(num, make([]byte, 10), time.Now().Add(hang))
		if !r.wait(2 * hang) {
			c.failf("at the end Recv hangs")
		}
		if r.n > 0 || r.err != io.EOF {
			c.failf("at the end Recv gives %d, %v", r.n, r.err)
		}
	}
}

func checkReset(c *check) {
	num, peer := c.connect()
	breaker, ok := peer.(interface{ SetLinger(int) error })
	if !ok || breaker.SetLinger(0) != nil {
		c.skipf("the peer cannot break a connection")
	}
	peer.Close()
	r := c.recv(num, make([]byte, 10), time.Now().Add(hang/2))
	if !r.wait(hang) {
		c.failf("Recv hangs")
	}
	if r.err == nil || r.err == io.EOF || isTimeout(r.err) {
		c.failf("Recv gives %d, %v", r.n, r.err)
	}
}

func checkSendCount(c *check) {
	// A Send of net's has no deadline of its own: only a socket can have one.
	deadlines, ok := c.device().(netdev.Deadliner)
	interrupts, ok2 := c.device().(netdev.Interrupter)
	if !ok && !ok2 {
		c.skipf("it is neither a Deadliner nor an Interrupter, so net ends no Send on it")
	}
	num, peer := c.connect()
	said := 0
	chunk := make([]byte, 32<<10)
	for limit := time.Now().Add(3 * hang); ; {
		var n int
		var err error
		if ok {
			err = deadlines.SetSockDeadline(num, netdev.Writes, time.Now().Add(5*moment))
		}
		if err != nil {
			c.skipf("SetSockDeadline: %v", err)
		}
		sent := background(func(r *call) { r.n, r.err = c.Dev.Send(num, chunk, 0, time.Time{}) })
		if !ok && !sent.wait(5*moment) {
			interrupts.Interrupt(num, netdev.Writes, true)
		}
		if !sent.wait(hang) {
			c.skipf("Send does not end at its deadline")
		}
		n, err = sent.n, sent.err
		if n > 0 {
			said += n
		}
		if err != nil {
			break
		}
		if time.Now().After(limit) {
			c.skipf("there is always room for more")
		}
	}
	sent := background(func(r *call) {
		n, err := io.Copy(io.Discard, peer)
		r.n, r.err = int(n), err
	})
	if err := c.Dev.Close(num); err != nil {
		c.skipf("Close: %v", err)
	}
	<-sent.done
	if sent.n != said {
		c.failf("Send says that it has sent %d bytes, and the peer gets %d (%v)", said, sent.n, sent.err)
	}
}

func checkDuplex(c *check) {
	num, peer := c.connect()
	r := c.recv(num, make([]byte, 10), time.Time{})
	r.wait(moment)
	var err error
	if !ends(hang, func() { err = c.send(num, []byte("question")) }) {
		c.failf("Send waits for Recv")
	}
	if err != nil {
		c.failf("Send: %v", err)
	}
	buf := make([]byte, 8)
	if _, err := io.ReadFull(peer, buf); err != nil {
		c.failf("the peer gets nothing: %v", err)
	}
	peer.Write([]byte("answer"))
	if !r.wait(hang) || r.n <= 0 || r.err != nil {
		c.failf("Recv, after a Send, gives %d, %v", r.n, r.err)
	}
}

func checkOthers(c *check) {
	l, err := c.Peer.Listen()
	keep(c, l, err)
	first, second := c.socket(netdev.SOCK_STREAM), c.socket(netdev.SOCK_STREAM)
	c.connectTo(first, l)
	peer := c.connectTo(second, l)
	c.recv(first, make([]byte, 10), time.Time{}).wait(moment)
	for name, f := range map[string]func() error{
		"Addr": func() error { _, err := c.Dev.Addr(); return err },
		"Socket": func() error {
			num, err := c.Dev.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, netdev.IPPROTO_UDP)
			c.Dev.Close(num)
			return err
		},
		"Send": func() error { return c.send(second, []byte("x")) },
		"Recv": func() error {
			peer.Write([]byte("x"))
			_, err := c.receive(second, 1)
			return err
		},
		"Close": func() error { return c.Dev.Close(second) },
	} {
		if name == "Close" {
			continue // as the last
		}
		var err error
		if !ends(hang, func() { err = f() }) {
			c.failf("%s waits", name)
		}
		if err != nil && name != "Socket" {
			c.failf("%s: %v", name, err)
		}
	}
	if !ends(hang, func() { c.Dev.Close(second) }) {
		c.failf("Close of another socket waits")
	}
}

func checkCloseRecv(c *check) {
	num, _ := c.connect()
	r := c.recv(num, make([]byte, 10), time.Time{})
	r.wait(moment)
	if !ends(hang, func() { c.Dev.Close(num) }) {
		c.failf("Close hangs")
	}
	if !r.wait(hang) {
		c.failf("Recv goes on after Close")
	}
	if r.err == nil {
		c.failf("Recv returns %d and no error", r.n)
	}
}

func checkOptShutdown(c *check) {
	d, ok := c.device().(netdev.Shutdowner)
	if !ok {
		c.skipf("it is no Shutdowner")
	}
	num, peer := c.connect()
	if err := c.send(num, []byte("all")); err != nil {
		c.failf("Send: %v", err)
	}
	if err := d.Shutdown(num, netdev.SHUT_WR); err != nil {
		c.failf("Shutdown: %v", err)
	}
	if got, err := io.ReadAll(peer); string(got) != "all" || err != nil {
		c.failf("the peer gets %q, %v", got, err)
	}
	if n, err := c.sendOnce(num, []byte("x")); err == nil {
		c.failf("Send after Shutdown gives %d and no error", n)
	}
	peer.Write([]byte("x"))
	if got, err := c.receive(num, 1); err != nil || got[0] != 'x' {
		c.failf("Recv after Shutdown: %v", err)
	}
	if runtime.GOOS == "windows" {
		return // where SHUT_RD leaves a Recv that waits, and Go does not change that
	}
	r := c.recv(num, make([]byte, 1), time.Time{})
	r.wait(moment)
	d.Shutdown(num, netdev.SHUT_RD)
	if !r.wait(hang) || r.err != io.EOF {
		c.failf("SHUT_RD ends Recv with %v", r.err)
	}
}
