package host

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// A world is a network in memory. What is at an address goes by its port, and
// whatever a host does there that may should not have been possible is noted.
type world struct {
	may      func(to netip.AddrPort, learned map[string]bool) bool
	mayAsk   func(name string) bool
	mayGroup func(g netip.AddrPort) bool

	mu      sync.Mutex
	open    int
	most    int
	wrong   []string
	ports   uint16
	learned map[netip.Addr]map[string]bool // by which names the resolver has told an address
	heard   map[netip.AddrPort]bool        // who has sent something to the board
	lns     []*memListener
	udps    []*memPacket
}

// The ports of the world.
const (
	portEcho   = 1 + iota
	portMute   // never reads
	portFlood  // sends all the time
	portClosed // refuses
	portSilent // does not answer
	portShort  // ends at once
)

func newWorld() *world {
	return &world{ports: 30000, learned: map[netip.Addr]map[string]bool{}, heard: map[netip.AddrPort]bool{}}
}

func (w *world) note(format string, args ...any) {
	if len(w.wrong) < 20 {
		w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
	}
}

// opened counts a socket.
func (w *world) opened() {
	w.open++
	w.most = max(w.most, w.open)
}

// reached is where the host has gone.
func (w *world) reached(what string, to netip.AddrPort) {
	a := to.Addr()
	switch {
	case !a.IsValid(), a.Is4In6(), a.IsUnspecified(), a.Zone() != "" && !a.IsLinkLocalUnicast() && !a.IsLinkLocalMulticast():
		w.note("%s %v, which is no canonical address", what, to)
	case !w.heard[to] && !w.may(to, w.learned[a]):
		w.note("%s %v, which the rules do not allow", what, to)
	}
}

var worldZone = map[string][]string{
	"good.example.com": {"198.51.100.7", "2001:db8::7"},
	"bad.example.com":  {"198.51.100.8"},
	"home.example.com": {"127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0"},
	"any.example.org":  {"203.0.113.9"},
	"localhost":        {"127.0.0.1", "::1"},
}

func (w *world) lookup(ctx context.Context, network, name string) ([]netip.Addr, error) {
	name = strings.TrimSuffix(name, ".")
	w.mu.Lock()
	if canon, ok := canonicalName(name); !ok || canon != name || !w.mayAsk(name) {
		w.note("the resolver is asked for %q", name)
	}
	var ips []netip.Addr
	for _, s := range worldZone[name] {
		ip := netip.MustParseAddr(s)
		ips = append(ips, ip)
		ip = ip.Unmap()
		if w.learned[ip] == nil {
			w.learned[ip] = map[string]bool{}
		}
		w.learned[ip][name] = true
	}
	w.mu.Unlock()
	if strings.HasPrefix(name, "slow.") {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if len(ips) == 0 {
		return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
	}
	return ips, nil
}

func (w *world) links() ([]wire.Link, error) {
	return []wire.Link{{Index: 2, MTU: 1500, Name: "mem0", Prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.200/24")}}}, nil
}

// memStream is a connection.
type memStream struct {
	net.Conn
	w             *world
	local, remote netip.AddrPort
	once          sync.Once
	closed        chan struct{}
}

func (c *memStream) LocalAddr() net.Addr                          { return net.TCPAddrFromAddrPort(c.local) }
func (c *memStream) RemoteAddr() net.Addr                         { return net.TCPAddrFromAddrPort(c.remote) }
func (c *memStream) CloseWrite() error                            { return nil }
func (c *memStream) SetLinger(int) error                          { return nil }
func (c *memStream) SetNoDelay(bool) error                        { return nil }
func (c *memStream) SetKeepAlive(bool) error                      { return nil }
func (c *memStream) SetKeepAliveConfig(net.KeepAliveConfig) error { return nil }
func (c *memStream) SetReadBuffer(int) error                      { return nil }
func (c *memStream) SetWriteBuffer(int) error                     { return nil }

func (c *memStream) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.w.mu.Lock()
		defer c.w.mu.Unlock()
		c.w.open--
	})
	return c.Conn.Close()
}

// connection makes one whose other end does as its port says.
func (w *world) connection(local, remote netip.AddrPort) *memStream {
	c, peer := net.Pipe()
	closed := make(chan struct{})
	go func() {
		defer peer.Close()
		switch remote.Port() {
		case portMute:
			<-closed
		case portFlood:
			for {
				if _, err := peer.Write(make([]byte, 1000)); err != nil {
					return
				}
			}
		case portShort:
		default:
			io.Copy(peer, peer)
		}
	}()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.opened()
	return &memStream{Conn: c, w: w, closed: closed, local: local, remote: remote}
}

func (w *world) dial(ctx context.Context, port uint16, to netip.AddrPort) (streamConn, error) {
	w.mu.Lock()
	w.reached("a connection goes to", to)
	w.mu.Unlock()
	switch to.Port() {
	case portClosed:
		return nil, syscall.ECONNREFUSED
	case portSilent:
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return w.connection(netip.AddrPortFrom(netip.MustParseAddr("192.0.2.200"), 40000), to), nil
}

type memListener struct {
	w      *world
	at     netip.AddrPort
	came   chan *memStream
	closed chan struct{}
	once   sync.Once
}

// free gives an address a port.
func (w *world) free(at netip.AddrPort) netip.AddrPort {
	if at.Port() == 0 {
		w.ports++
		at = netip.AddrPortFrom(at.Addr(), w.ports)
	}
	return at
}

func (w *world) listen(network string, at netip.AddrPort) (listener, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !at.Addr().IsLoopback() {
		w.note("a listener is at %v", at)
	}
	w.opened()
	l := &memListener{w: w, at: w.free(at), came: make(chan *memStream), closed: make(chan struct{})}
	w.lns = append(w.lns, l)
	return l, nil
}

func (l *memListener) accept() (streamConn, error) {
	select {
	case c := <-l.came:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *memListener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.at) }

func (l *memListener) Close() error {
	l.once.Do(func() {
		close(l.closed)
		l.w.mu.Lock()
		defer l.w.mu.Unlock()
		l.w.open--
	})
	return nil
}

// visit has somebody connect to the board.
func (l *memListener) visit() {
	c := l.w.connection(l.at, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), 40000+portEcho))
	select {
	case l.came <- c:
	case <-l.closed:
		c.Close()
	case <-time.After(time.Millisecond): // nobody accepts
		c.Close()
	}
}

type memPacket struct {
	w      *world
	at     netip.AddrPort
	peer   netip.AddrPort
	group  bool
	in     chan memDatagram
	closed chan struct{}
	once   sync.Once
}

type memDatagram struct {
	p    []byte
	from netip.AddrPort
}

func (w *world) packet(at netip.AddrPort) *memPacket {
	w.opened()
	c := &memPacket{w: w, at: w.free(at), in: make(chan memDatagram, 8), closed: make(chan struct{})}
	w.udps = append(w.udps, c)
	return c
}

func (w *world) datagrams(network string, at netip.AddrPort, shared bool) (packetConn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.packet(at), nil
}

func (w *world) dialDatagrams(network string, to netip.AddrPort) (packetConn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reached("datagrams are dialled to", to)
	c := w.packet(netip.AddrPortFrom(netip.MustParseAddr("192.0.2.200"), 0))
	c.peer = to
	return c, nil
}

func (w *world) group(g netip.AddrPort, ifindex int) (packetConn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ifindex > 2 {
		return nil, syscall.ENODEV
	}
	if !g.Addr().IsMulticast() || !w.mayGroup(g) {
		w.note("the board is a member of %v", g)
	}
	c := w.packet(g)
	c.group = true
	return c, nil
}

func (c *memPacket) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	select {
	case d := <-c.in:
		return copy(b, d.p), d.from, nil
	case <-c.closed:
		return 0, netip.AddrPort{}, net.ErrClosed
	}
}

func (c *memPacket) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	c.w.mu.Lock()
	c.w.reached("a datagram goes to", to)
	c.w.mu.Unlock()
	if to.Port() == portEcho {
		c.send(b, to)
	}
	return len(b), nil
}

func (c *memPacket) Write(b []byte) (int, error) { return c.WriteToUDPAddrPort(b, c.peer) }

// send has somebody send to the board's socket.
func (c *memPacket) send(b []byte, from netip.AddrPort) {
	select {
	case c.in <- memDatagram{append([]byte(nil), b...), from}:
	default:
	}
}

func (c *memPacket) LocalAddr() net.Addr                { return net.UDPAddrFromAddrPort(c.at) }
func (c *memPacket) setMulticast(bool, byte, int) error { return nil }
func (c *memPacket) SetReadBuffer(int) error            { return nil }
func (c *memPacket) SetWriteBuffer(int) error           { return nil }

func (c *memPacket) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.w.mu.Lock()
		defer c.w.mu.Unlock()
		c.w.open--
	})
	return nil
}
