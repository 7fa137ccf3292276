package devtest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/tinynet/tinynet/netdev"
)

// Rules are all rules, in the order in which they are tested.
var Rules = []Rule{
	{
		"sockets", "has two sockets at least, with different numbers that are not negative",
		"a server has no socket for its client, an http.Client none for a redirect",
		checkSockets,
	},
	{
		"numbers", "fails calls with a number that is no open socket's",
		"a stray call after Close disturbs somebody else's connection, or stops the program",
		checkNumbers,
	},
	{
		"refused", "fails Connect where nobody listens, and can connect after that",
		"Dial succeeds without a peer, or a server that is down for a moment is lost for ever",
		checkRefused,
	},
	{
		"stream", "sends and receives a stream's bytes unchanged and in order",
		"data is damaged",
		checkStream,
	},
	{
		"counts", "returns counts between 0 and the size of the buffer, or -1 with an error, and 0 without an error never",
		"Read and Write fail with the error for a bad count, or a Read takes it for the end of the stream",
		checkCounts,
	},
	{
		"again", "can open and close connections many times",
		"the device runs out of sockets, and the program has to be restarted",
		checkAgain,
	},
	{
		"recv-deadline", "ends Recv at its deadline with a timeout error",
		"net needs a second goroutine for each Read that waits, for as long as nothing comes: its socket, buffer and stack are not given back",
		checkRecvDeadline,
	},
	{
		"late-bytes", "keeps what comes after a Recv has ended for the next one",
		"bytes are lost after each deadline",
		checkLateBytes,
	},
	{
		"deadline-cleared", "waits without limit in a Recv with a zero deadline, whatever deadline an earlier one had",
		"timeouts strike connections that have none any more; net works around it with deadlines in each call",
		checkDeadlineCleared,
	},
	{
		"deadline-prompt", "ends Recv within 40 ms of its deadline",
		"net keeps its own deadlines with a second goroutine; closed connections stay in the driver longer",
		checkDeadlinePrompt,
	},
	{
		"recv-prompt", "returns what comes while Recv waits within 40 ms",
		"each answer of a peer is late; a keep-alive connection makes ten requests a second, and no more",
		checkRecvPrompt,
	},
	{
		"recv-empty", "returns from a Recv with an empty buffer at once, with 0 and no error",
		"a Read of nothing hangs; net does not pass it on",
		checkRecvEmpty,
	},
	{
		"eof", "returns io.EOF at the end of a stream, after all its bytes, each time",
		"io.ReadAll never returns, or returns an error for what is whole",
		checkEOF,
	},
	{
		"reset", "returns an error other than io.EOF from Recv when the peer has broken the connection",
		"a Read without a deadline hangs for ever when a peer crashes, and its socket is lost",
		checkReset,
	},
	{
		"send-count", "says how much was sent when Send ends at its deadline",
		"net cannot give Send a deadline, because what it would send again could arrive twice",
		checkSendCount,
	},
	{
		"duplex", "sends over a connection while a Recv waits on it",
		"requests are not sent before the answer comes: http.Client and TLS hang",
		checkDuplex,
	},
	{
		"others", "does the calls for other sockets while a Recv waits",
		"one idle connection stops all others, and Dial and Close too, until something comes",
		checkOthers,
	},
	{
		"close-recv", "ends a Recv that waits when its socket is closed",
		"the number of a closed connection is still read from; when it is given out again, bytes go to the wrong connection",
		checkCloseRecv,
	},
	{
		"options", "sets TCP_NODELAY and SO_KEEPALIVE",
		"SetNoDelay and SetKeepAlive fail; a peer that is gone is not noticed",
		checkOptions,
	},
	{
		"tls", "fails Socket with IPPROTO_TLS, unless it does TLS itself",
		"what was meant to be secret is sent in the clear",
		checkTLS,
	},
	{
		"lookup", "finds the address of a name, and fails for a name that does not exist",
		"Dial of a name connects to nobody, or to somebody else",
		checkLookup,
	},
	{
		"datagrams", "keeps datagrams apart, and their bytes unchanged, on a connected socket",
		"DNS and NTP fail",
		checkDatagrams,
	},
	{
		"datagram-long", "drops the rest of a datagram that is longer than the buffer",
		"the rest is taken for the next datagram",
		checkDatagramLong,
	},
	{
		"listen", "has Listen and Accept",
		"there are no servers on the device",
		checkListen,
	},
	{
		"in-use", "fails Bind or Listen on a port that has a listener, and not after its Close",
		"two servers share a port without knowing it, or a server cannot be started again",
		checkInUse,
	},
	{
		"accept-peer", "tells the client's address in Accept",
		"RemoteAddr is wrong, in logs and in what is allowed to whom",
		checkAcceptPeer,
	},
	{
		"accept-silent", "returns from Accept when a client has connected, before that sends anything",
		"protocols in which the server speaks first (SMTP, FTP, MySQL) hang; silent clients are not seen, nor timed out",
		checkAcceptSilent,
	},
	{
		"accept-lock", "does the calls for other sockets without delay while an Accept waits",
		"each connection of a server is slower as long as it waits for more",
		checkAcceptLock,
	},
	{
		"close-accept", "ends an Accept that waits when its listener is closed",
		"each server that is shut down leaves a goroutine in the driver, and the next connection may be lost there",
		checkCloseAccept,
	},
	{
		"opt-deadline", "[Deadliner] ends calls that wait, and fails calls after the deadline even with something to return, which stays",
		"deadlines and Close don't act, or lose bytes",
		checkOptDeadline,
	},
	{
		"opt-interrupt", "[Interrupter] ends calls that wait, and those that would have to wait until it is taken back",
		"deadlines and Close don't act, or lose bytes",
		checkOptInterrupt,
	},
	{
		"opt-datagrams", "[Datagrammer] sends to, and receives from, several peers, and tells them apart",
		"a UDP server answers the wrong client",
		checkOptDatagrams,
	},
	{
		"opt-sockname", "[SockNamer] tells the port that the device chose, and the address that a peer sees",
		"Listen on port 0 is of no use, LocalAddr is wrong",
		checkOptSockname,
	},
	{
		"opt-shutdown", "[Shutdowner] ends what the peer reads, and goes on receiving",
		"a peer that reads to the end before it answers waits for ever",
		checkOptShutdown,
	},
}

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
			"Listen":     func() error { return c.Dev.Listen(num, 1) },
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
	gone.Close()
	num := c.socket(netdev.SOCK_STREAM)
	var result error
	if !ends(10*hang, func() { result = c.Dev.Connect(num, "", portOf(gone.Addr())) }) {
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
		c.Dev.Send(num, []byte("count"), 0, time.Now().Add(hang))
		peer.Write([]byte("these"))
		c.Dev.Recv(num, buf, 0, time.Now().Add(hang))
	}
}

func checkAgain(c *check) {
	l, err := c.Peer.Listen()
	keep(c, l, err)
	for i := range 30 {
		num, err := c.Dev.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0)
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

func checkRecvDeadline(c *check) {
	num, _ := c.connect()
	start := time.Now()
	r := c.recv(num, make([]byte, 10), start.Add(50*time.Millisecond))
	if !r.wait(hang) {
		c.failf("Recv goes on for %v after its deadline", hang)
	}
	if r.err == nil || !isTimeout(r.err) {
		c.failf("Recv ends with %d, %v", r.n, r.err)
	}
	if took := r.at.Sub(start); took < 50*time.Millisecond {
		c.failf("Recv ends %v before its deadline", 50*time.Millisecond-took)
	}
}

// expire lets a Recv run into its deadline.
func (c *check) expire(num int) {
	r := c.recv(num, make([]byte, 10), time.Now().Add(moment))
	if !r.wait(hang) || r.err == nil {
		c.skipf("Recv does not end at its deadline")
	}
}

func checkLateBytes(c *check) {
	num, peer := c.connect()
	for i := range 5 {
		c.expire(num)
		want := pattern(100 + i)
		peer.Write(want)
		var got []byte
		var err error
		if !ends(3*hang, func() { got, err = c.receive(num, len(want)) }) || err != nil || !bytes.Equal(got, want) {
			c.failf("%d bytes that came after a deadline arrive as %d (%v)", len(want), len(got), err)
		}
	}
}

func checkDeadlineCleared(c *check) {
	num, peer := c.connect()
	c.expire(num)
	buf := make([]byte, 10)
	r := c.recv(num, buf, time.Time{})
	if r.wait(5 * moment) {
		c.failf("Recv without a deadline, after one with a deadline, ends with %d, %v", r.n, r.err)
	}
	peer.Write([]byte("x"))
	if !r.wait(hang) || r.n != 1 || r.err != nil {
		c.failf("Recv without a deadline, after one with a deadline, does not get what comes (%d, %v)", r.n, r.err)
	}
}

// best repeats what takes time until it is prompt, for no machine is so at all
// times: twice, for a busy one may make what polls look prompt once. It returns
// the second best.
func best(tries int, f func() time.Duration) time.Duration {
	const none = time.Duration(1 << 62)
	first, second := none, none
	for range tries {
		switch d := f(); {
		case d < first:
			first, second = d, first
		case d < second:
			second = d
		}
		if second < prompt {
			break
		}
	}
	return second
}

func checkDeadlinePrompt(c *check) {
	num, _ := c.connect()
	late := best(6, func() time.Duration {
		at := time.Now().Add(moment)
		r := c.recv(num, make([]byte, 10), at)
		if !r.wait(hang) {
			c.skipf("Recv does not end at its deadline")
		}
		return r.at.Sub(at)
	})
	if late > prompt {
		c.failf("Recv ends %v after its deadline, in the best but one of 6 tries", late)
	}
}

func checkRecvPrompt(c *check) {
	num, peer := c.connect()
	late := best(8, func() time.Duration {
		r := c.recv(num, make([]byte, 10), time.Now().Add(hang))
		<-r.began
		r.wait(moment) // so that Recv has looked, and found nothing
		at := time.Now()
		overslept := at.Sub(r.from) - moment // in which a device that polls comes closer to its next look
		peer.Write([]byte("x"))
		if !r.wait(hang) || r.err != nil {
			c.skipf("Recv does not return what comes")
		}
		return r.at.Sub(at) + overslept
	})
	if late > prompt {
		c.failf("Recv returns a byte %v after it was sent, in the best but one of 8 tries", late)
	}
}

func checkRecvEmpty(c *check) {
	num, _ := c.connect()
	r := c.recv(num, nil, time.Now().Add(hang))
	if !r.wait(hang / 2) {
		c.failf("Recv waits")
	}
	if r.n != 0 || r.err != nil {
		c.failf("Recv returns %d, %v", r.n, r.err)
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
	num, peer := c.connect()
	said := 0
	chunk := make([]byte, 32<<10)
	for limit := time.Now().Add(3 * hang); ; {
		var n int
		var err error
		if !ends(hang, func() { n, err = c.Dev.Send(num, chunk, 0, time.Now().Add(5*moment)) }) {
			c.skipf("Send does not end at its deadline")
		}
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
			num, err := c.Dev.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, 0)
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

func checkOptions(c *check) {
	num, _ := c.connect()
	if err := c.Dev.SetSockOpt(num, netdev.SOL_TCP, netdev.TCP_NODELAY, true); err != nil {
		c.failf("TCP_NODELAY: %v", err)
	}
	if err := c.Dev.SetSockOpt(num, netdev.SOL_SOCKET, netdev.SO_KEEPALIVE, true); err != nil {
		c.failf("SO_KEEPALIVE: %v", err)
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
	background(func(r *call) {
		if c.Dev.Connect(num, c.Host, portOf(l.Addr())) == nil {
			c.Dev.Send(num, secret, 0, time.Now().Add(hang))
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

// connectUDP returns a connected socket, and the peer's, which knows its address.
func (c *check) connectUDP() (num int, peer net.PacketConn, us net.Addr) {
	peer, err := c.Peer.ListenPacket()
	keep(c, peer, err)
	peer.SetReadDeadline(time.Now().Add(3 * hang))
	num = c.socket(netdev.SOCK_DGRAM)
	if err := c.Dev.Connect(num, "", portOf(peer.LocalAddr())); err != nil {
		c.failf("Connect of datagrams: %v", err)
	}
	if n, err := c.Dev.Send(num, []byte("hello"), 0, time.Now().Add(hang)); n != 5 || err != nil {
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
	if !r.wait(2*hang) || r.err != nil || r.n != 10 {
		c.failf("Recv of 10 of 100 bytes gives %d, %v", r.n, r.err)
	}
	r = c.recv(num, buf, time.Now().Add(hang))
	if !r.wait(2*hang) || r.err != nil || r.n != 4 || string(buf[:4]) != "next" {
		c.failf("after that, Recv gives %d bytes, %q, %v", r.n, buf[:max(0, min(r.n, 10))], r.err)
	}
}

func checkListen(c *check) {
	ip, err := c.Dev.Addr()
	if err != nil {
		c.failf("Addr: %v", err)
	}
	num := c.socket(netdev.SOCK_STREAM)
	if err := c.Dev.Bind(num, netip.AddrPortFrom(ip, uint16(30000+nextPort.Add(1)%2000))); err != nil {
		c.skipf("Bind: %v", err) // perhaps it is in use
	}
	if err := c.Dev.Listen(num, 1); err != nil {
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
		err = c.Dev.Listen(other, 1)
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
	if err := c.Dev.Listen(third, 1); err != nil {
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
	other := c.socket(netdev.SOCK_DGRAM)
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
			if !ends(hang, func() { c.Dev.Send(other, nil, 0, start.Add(moment)) }) {
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

// ender tests what Deadliner and Interrupter have in common: off makes calls
// end, on lets them wait again.
func (c *check) ender(off, on func(num, calls int) error, strict bool) {
	num, peer := c.connect()
	buf := make([]byte, 10)
	late := best(6, func() time.Duration {
		r := c.recv(num, buf, time.Time{})
		r.wait(moment)
		at := time.Now()
		if err := off(num, netdev.Reads); err != nil {
			c.failf("for a connection: %v", err)
		}
		if !r.wait(hang) {
			c.failf("a Recv that waits does not end")
		}
		if !isTimeout(r.err) {
			c.failf("a Recv that waits ends with %d, %v", r.n, r.err)
		}
		again := c.recv(num, buf, time.Time{})
		if !again.wait(hang) || !isTimeout(again.err) {
			c.failf("the next Recv gives %d, %v", again.n, again.err)
		}
		if err := on(num, netdev.Reads); err != nil {
			c.failf("taking it back: %v", err)
		}
		return r.at.Sub(at)
	})
	if late > prompt {
		c.failf("a Recv that waits ends after %v", late)
	}
	peer.Write([]byte("x"))
	if strict {
		off(num, netdev.Reads)
		for range 3 {
			r := c.recv(num, buf, time.Time{})
			if !r.wait(hang) || !isTimeout(r.err) {
				c.failf("Recv after the deadline, with bytes at hand, gives %d, %v", r.n, r.err)
			}
		}
		on(num, netdev.Reads)
	}
	if off(num, netdev.Writes) != nil || on(num, netdev.Writes) != nil {
		c.failf("it fails for Writes")
	}
	if got, err := c.receive(num, 1); err != nil || got[0] != 'x' {
		c.failf("what came is lost: %v", err)
	}
	l, _ := c.listen()
	r := c.accept(l)
	r.wait(moment)
	off(l, netdev.Reads)
	if !r.wait(hang) || !isTimeout(r.err) {
		c.failf("an Accept that waits gives %v", r.err)
	}
}

func checkOptDeadline(c *check) {
	d, ok := c.device().(netdev.Deadliner)
	if !ok {
		c.skipf("it is no Deadliner")
	}
	set := func(t time.Time) func(num, calls int) error {
		return func(num, calls int) error { return d.SetSockDeadline(num, calls, t) }
	}
	c.ender(set(time.Unix(1, 0)), set(time.Time{}), true)
	num, _ := c.connect()
	at := time.Now().Add(3 * moment)
	d.SetSockDeadline(num, netdev.Reads, at)
	r := c.recv(num, make([]byte, 1), time.Time{})
	if !r.wait(hang) || !isTimeout(r.err) || r.at.Before(at) {
		c.failf("a Recv with a deadline to come ends with %v, %v after it", r.err, r.at.Sub(at))
	}
}

func checkOptInterrupt(c *check) {
	d, ok := c.device().(netdev.Interrupter)
	if !ok {
		c.skipf("it is no Interrupter")
	}
	set := func(on bool) func(num, calls int) error {
		return func(num, calls int) error { return d.Interrupt(num, calls, on) }
	}
	c.ender(set(true), set(false), false)
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
		if n, err := d.SendTo(num, pattern(size), 0, time.Now().Add(hang), to); n != size || err != nil {
			c.failf("SendTo of %d bytes gives %d, %v", size, n, err)
		}
		n, us, err := peer.ReadFrom(buf)
		if err != nil || !bytes.Equal(buf[:n], pattern(size)) {
			c.failf("of %d bytes the peer gets %d, %v", size, n, err)
		}
		peer.WriteTo(buf[:n], us)
		var from netip.AddrPort
		if !ends(2*hang, func() { n, from, err = d.RecvFrom(num, buf, 0, time.Now().Add(hang)) }) {
			c.failf("RecvFrom hangs")
		}
		if err != nil || n != size || netip.AddrPortFrom(from.Addr().Unmap(), from.Port()) != to {
			c.failf("RecvFrom gives %d bytes from %v, %v, and not %d from %v", n, from, err, size, to)
		}
	}
}

func checkOptSockname(c *check) {
	d, ok := c.device().(netdev.SockNamer)
	if !ok {
		c.skipf("it is no SockNamer")
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
	if n, err := c.Dev.Send(num, []byte("x"), 0, time.Now().Add(hang)); err == nil {
		c.failf("Send after Shutdown gives %d and no error", n)
	}
	peer.Write([]byte("x"))
	if got, err := c.receive(num, 1); err != nil || got[0] != 'x' {
		c.failf("Recv after Shutdown: %v", err)
	}
	r := c.recv(num, make([]byte, 1), time.Time{})
	r.wait(moment)
	d.Shutdown(num, netdev.SHUT_RD)
	if !r.wait(hang) || r.err != io.EOF {
		c.failf("SHUT_RD ends Recv with %v", r.err)
	}
}
