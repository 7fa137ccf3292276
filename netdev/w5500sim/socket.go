package w5500sim

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/tinynet/tinynet/netdev/internal/errno"
)

// Everything here but the goroutines is called with Chip.mu held.

// mtu is the largest datagram on Ethernet, and the size of a segment.
const (
	mtu = 1472
	mss = 1460
)

// past is a deadline that ends a call at once.
var past = time.Unix(1, 0)

// A socket is one of the chip's eight. Pointers are of 16 bits and wrap; where
// they point to in a buffer is their remainder (section 4.2, Sn_TX_WR).
type socket struct {
	n    int
	regs [socketSize]byte
	sr   Status
	ir   byte
	tx   []byte
	rx   []byte

	txRD, txEnd uint16 // txEnd is Sn_TX_WR as of the last SEND
	rxRD, rxWR  uint16 // rxRD is Sn_RX_RD as of the last RECV

	tcp *tcpConn
	udp *udpConn
}

func (s *socket) get16(reg int) uint16    { return binary.BigEndian.Uint16(s.regs[reg:]) }
func (s *socket) set16(reg int, v uint16) { binary.BigEndian.PutUint16(s.regs[reg:], v) }

func (s *socket) port() uint16  { return s.get16(snPORT) }
func (s *socket) received() int { return int(s.rxWR - s.rxRD) }
func (s *socket) room() int     { return len(s.rx) - s.received() }
func (s *socket) unsent() int   { return int(s.txEnd - s.txRD) }

func (s *socket) peer() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(s.regs[snDIPR:])), s.get16(snDPORT))
}

func (s *socket) setPeer(a netip.AddrPort) {
	ip := a.Addr().As4()
	copy(s.regs[snDIPR:], ip[:])
	s.set16(snDPORT, a.Port())
	copy(s.regs[snDHAR:], []byte{2, 0, ip[0], ip[1], ip[2], ip[3]})
}

func (s *socket) register(addr uint16) byte {
	half := func(v uint16, reg uint16) byte {
		if addr == reg {
			return byte(v >> 8)
		}
		return byte(v)
	}
	switch addr {
	case snIR:
		return s.ir
	case snSR:
		return byte(s.sr)
	case snTXFSR, snTXFSR + 1:
		return half(uint16(len(s.tx)-s.unsent()), snTXFSR)
	case snTXRD, snTXRD + 1:
		return half(s.txRD, snTXRD)
	case snRXRSR, snRXRSR + 1:
		return half(uint16(s.received()), snRXRSR)
	case snRXWR, snRXWR + 1:
		return half(s.rxWR, snRXWR)
	}
	if addr < socketSize {
		return s.regs[addr]
	}
	return 0
}

// store puts received bytes into the RX buffer.
func (s *socket) store(p []byte) {
	for _, b := range p {
		s.rx[int(s.rxWR)%len(s.rx)] = b
		s.rxWR++
	}
}

// load copies n bytes that are to be sent.
func (s *socket) load(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = s.tx[int(s.txRD+uint16(i))%len(s.tx)]
	}
	return p
}

// command is a write to Sn_CR. The register reads 0 again at once: the command
// is accepted, which does not mean that it is done (section 4.2).
func (c *Chip) command(s *socket, cmd byte) {
	if c.closed {
		return
	}
	switch cmd {
	case cmdOPEN:
		c.open(s)
	case cmdLISTEN:
		if s.sr == Init {
			s.sr = Listen
			c.listen(s.port())
		}
	case cmdCONNECT:
		if s.sr == Init {
			c.connect(s)
		}
	case cmdDISCON:
		c.disconnect(s)
	case cmdCLOSE:
		c.abandon(s)
		s.sr = Closed
		c.tidyListeners()
	case cmdSEND, cmdSENDMAC:
		c.send(s)
	case cmdSENDKEEP:
		if s.tcp != nil {
			s.tcp.keep = true
			c.watch(s.tcp)
		}
	case cmdRECV:
		s.rxRD = s.get16(snRXRD)
		if s.received() > len(s.rx) { // Sn_RX_RD was set past Sn_RX_WR
			s.rxRD = s.rxWR
		}
	}
	c.signal()
}

func (c *Chip) open(s *socket) {
	u := s.udp
	if s.regs[snMR]&0x0f != modeUDP || u != nil && u.port != s.port() {
		u = nil
	}
	if u != nil {
		s.udp = nil // goes on being open
	}
	c.abandon(s)
	s.sr = Closed
	s.txRD, s.txEnd, s.rxRD, s.rxWR = 0, 0, 0, 0
	s.set16(snTXWR, 0)
	s.set16(snRXRD, 0)
	switch s.regs[snMR] & 0x0f {
	case modeTCP:
		s.sr = Init
	case modeUDP:
		if u == nil {
			u = c.openUDP(s)
		}
		if s.udp = u; u != nil {
			s.sr = UDP
		}
	case modeMACRAW:
		if s.n == 0 {
			s.sr = MACRAW
		}
	}
	c.tidyListeners()
}

// abandon leaves a connection without a word to the peer (section 4.2, CLOSE).
func (c *Chip) abandon(s *socket) {
	if t := s.tcp; t != nil {
		s.tcp, t.s = nil, nil
		t.stopTimer()
		if t.conn != nil {
			// Its reader goes on, and resets a peer that sends.
			t.conn.SetWriteDeadline(past)
		}
	}
	if u := s.udp; u != nil {
		s.udp = nil
		u.pc.Close()
	}
}

// closeConn ends a connection whose both sides are done.
func (c *Chip) closeConn(t *tcpConn) {
	s := t.s
	t.stopTimer()
	s.tcp, t.s = nil, nil
	s.sr = Closed
	if t.conn != nil {
		delete(c.conns, t.conn)
		t.conn.Close()
	}
	c.tidyListeners()
}

// resetConn closes with RST.
func (c *Chip) resetConn(conn net.Conn) {
	if l, ok := conn.(interface{ SetLinger(sec int) error }); ok {
		l.SetLinger(0)
	}
	delete(c.conns, conn)
	conn.Close()
}

func (c *Chip) timeout(s *socket) {
	s.ir |= IntTIMEOUT
	c.abandon(s)
	s.sr = Closed
	c.tidyListeners()
	c.signal()
}

// A tcpConn is a TCP connection, or the dialling of one.
type tcpConn struct {
	s    *socket // nil once the chip's socket has left it
	peer netip.Addr
	conn net.Conn // nil while dialling

	keep             bool // SEND_KEEP
	fin              bool // DISCON was ordered
	finSent, finSeen bool
	timer            *time.Timer
}

func (t *tcpConn) stopTimer() {
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
}

// after gives a connection up if nothing stops the timer.
func (c *Chip) after(d time.Duration, t *tcpConn) {
	var timer *time.Timer
	timer = time.AfterFunc(d, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if t.timer == timer && t.s != nil && !c.closed {
			c.timeout(t.s)
		}
	})
	t.timer = timer
}

// watch starts TCPTO where something is to be acknowledged by a peer that can't,
// and stops it where the peer can again.
func (c *Chip) watch(t *tcpConn) {
	if t.conn == nil || t.finSent {
		return
	}
	switch waits := t.keep || t.fin || t.s.unsent() > 0; {
	case c.reaches(t.peer):
		t.keep = false
		t.stopTimer()
	case waits && t.timer == nil:
		c.after(c.tcpTimeout(), t)
	}
}

func (c *Chip) connect(s *socket) {
	t := &tcpConn{s: s, peer: s.peer().Addr()}
	s.tcp, s.sr = t, SynSent
	host, ok := c.route(s.peer())
	if !ok || !c.reaches(t.peer) {
		c.after(c.arpTimeout(), t)
		return
	}
	c.done.Add(1)
	go func() {
		defer c.done.Done()
		conn, err := c.conf.Network.Dial(c.ctx, host)
		c.mu.Lock()
		defer c.mu.Unlock()
		defer c.signal()
		switch {
		case err == nil && (t.s == nil || c.closed):
			c.resetConn(conn)
		case t.s == nil || c.closed:
		case err == nil:
			c.establish(t, conn)
		case errno.Is(err, errno.ECONNREFUSED): // RST, which is no time-out
			c.closeConn(t)
		default:
			c.after(c.tcpTimeout(), t)
		}
	}()
}

func (c *Chip) establish(t *tcpConn, conn net.Conn) {
	t.conn = conn
	t.s.sr = Established
	t.s.ir |= IntCON
	c.conns[conn] = struct{}{}
	c.done.Add(2)
	go c.receiving(t)
	go c.sending(t)
}

func (c *Chip) disconnect(s *socket) {
	switch s.sr {
	case Established:
		s.sr = FinWait
	case CloseWait:
		s.sr = LastAck
	case Init, Listen, SynSent:
		c.abandon(s)
		s.sr = Closed
		c.tidyListeners()
		return
	default:
		return
	}
	t := s.tcp
	t.fin = true
	c.watch(t)
	if s.unsent() == 0 && c.reaches(t.peer) {
		c.sendFIN(t)
	}
}

func (c *Chip) send(s *socket) {
	switch s.sr {
	case Established, CloseWait:
		if s.tcp.fin {
			return
		}
		s.txEnd = s.get16(snTXWR)
		if s.unsent() > len(s.tx) { // Sn_TX_WR was set too far
			s.txEnd = s.txRD
		}
		if s.unsent() == 0 {
			s.ir |= IntSENDOK
		}
		c.watch(s.tcp)
	case UDP:
		s.txEnd = s.get16(snTXWR)
		c.sendUDP(s)
	}
}

// receiving brings what the peer sends into the RX buffer.
func (c *Chip) receiving(t *tcpConn) {
	defer c.done.Done()
	buf := make([]byte, 16<<10)
	for {
		c.mu.Lock()
		for !c.closed && t.s != nil && t.s.room() == 0 {
			c.cond.Wait()
		}
		size := len(buf)
		if t.s != nil {
			size = min(size, t.s.room())
		}
		c.mu.Unlock()
		n, err := t.conn.Read(buf[:max(size, 1)])
		c.mu.Lock()
		for !c.closed && t.s != nil && !c.reaches(t.peer) {
			c.cond.Wait()
		}
		ended := c.arrived(t, buf[:n], err)
		c.signal()
		c.mu.Unlock()
		if ended {
			return
		}
	}
}

// arrived takes what one read has brought, and reports whether it was the last.
func (c *Chip) arrived(t *tcpConn, p []byte, err error) (ended bool) {
	s := t.s
	if s == nil || c.closed {
		if c.closed || len(p) > 0 || err != nil {
			c.resetConn(t.conn)
			return true
		}
		return false
	}
	if len(p) > 0 {
		s.store(p)
		s.ir |= IntRECV
	}
	switch {
	case err == nil:
		return false
	case err != io.EOF: // RST
		c.resetConn(t.conn)
		if c.conf.ResetInterrupt {
			s.ir |= IntDISCON
		}
		c.closeConn(t)
	default:
		t.finSeen = true
		s.ir |= IntDISCON
		if s.sr == Established {
			s.sr = CloseWait
		}
		if t.finSent {
			c.closeConn(t)
		}
	}
	return true
}

// sending empties the TX buffer, and sends the FIN after it.
func (c *Chip) sending(t *tcpConn) {
	defer c.done.Done()
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		for !c.closed && t.s != nil && !t.finSent && (!c.reaches(t.peer) || t.s.unsent() == 0 && !t.fin) {
			c.cond.Wait()
		}
		if c.closed || t.s == nil || t.finSent {
			return
		}
		n := min(t.s.unsent(), mss)
		if n == 0 {
			c.sendFIN(t)
			c.signal()
			return
		}
		p := t.s.load(n)
		c.mu.Unlock()
		n, err := t.conn.Write(p)
		c.mu.Lock()
		if t.s == nil {
			return
		}
		t.s.txRD += uint16(n)
		if t.s.unsent() == 0 {
			t.s.ir |= IntSENDOK
		}
		c.signal()
		if err != nil {
			return // RST, which the reader learns, too
		}
	}
}

func (c *Chip) sendFIN(t *tcpConn) {
	if w, ok := t.conn.(interface{ CloseWrite() error }); ok {
		w.CloseWrite()
	}
	t.finSent = true
	t.stopTimer()
	if t.finSeen {
		c.closeConn(t)
		return
	}
	c.after(c.tcpTimeout(), t)
}

// A listener is a TCP port of the chip on the computer. It is open while a
// socket of the chip listens there.
type listener struct {
	l      net.Listener
	closed bool
}

func (c *Chip) listen(port uint16) {
	if c.listeners[port] != nil {
		return
	}
	l, err := c.conf.Network.Listen(c.serviceAddr("tcp", port))
	if err != nil {
		return // nobody comes
	}
	c.opened("tcp", port, addrPort(l.Addr()))
	p := &listener{l: l}
	c.listeners[port] = p
	c.done.Add(1)
	go c.accepting(p, port)
}

func (c *Chip) unlisten(port uint16) {
	if p := c.listeners[port]; p != nil {
		p.closed = true
		p.l.Close()
		delete(c.listeners, port)
		c.signal()
	}
}

// tidyListeners closes those at which no socket listens any more.
func (c *Chip) tidyListeners() {
	for port := range c.listeners {
		used := false
		for i := range c.socks {
			s := &c.socks[i]
			used = used || s.port() == port && (s.sr == Listen || c.conf.Backlog && s.tcp != nil)
		}
		if !used {
			c.unlisten(port)
		}
	}
}

// listening is a socket that can take a connection at a port.
func (c *Chip) listening(port uint16) *socket {
	for i := range c.socks {
		if s := &c.socks[i]; s.sr == Listen && s.port() == port && c.link {
			return s
		}
	}
	return nil
}

func (c *Chip) accepting(p *listener, port uint16) {
	defer c.done.Done()
	for {
		c.mu.Lock()
		for !c.closed && !p.closed && c.listening(port) == nil {
			c.cond.Wait()
		}
		c.mu.Unlock()
		conn, err := p.l.Accept()
		if err != nil {
			return
		}
		c.mu.Lock()
		for c.conf.Backlog && !c.closed && !p.closed && c.listening(port) == nil {
			c.cond.Wait()
		}
		peer := c.peer(addrPort(conn.RemoteAddr()))
		s := c.listening(port)
		if p.closed || c.closed || s == nil || !c.reaches(peer.Addr()) {
			c.resetConn(conn)
		} else {
			s.setPeer(peer)
			s.tcp = &tcpConn{s: s, peer: peer.Addr()}
			c.establish(s.tcp, conn)
			c.tidyListeners()
			c.signal()
		}
		c.mu.Unlock()
	}
}

// A udpConn is the socket of the computer that a UDP socket of the chip is.
type udpConn struct {
	pc   net.PacketConn
	port uint16
}

func (c *Chip) openUDP(s *socket) *udpConn {
	port := s.port()
	at := netip.AddrPortFrom(localhost, 0)
	if port != 0 {
		at = c.serviceAddr("udp", port)
	}
	pc, err := c.conf.Network.ListenPacket(at)
	if err != nil {
		return nil
	}
	u := &udpConn{pc, port}
	if port != 0 {
		c.opened("udp", port, addrPort(pc.LocalAddr()))
	}
	c.done.Add(1)
	go func() {
		defer c.done.Done()
		buf := make([]byte, 64<<10)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err == nil {
				c.receiveUDP(s, u, buf[:n], addrPort(from))
				continue
			}
			c.mu.Lock()
			open := s.udp == u
			c.mu.Unlock()
			if !open || errors.Is(err, net.ErrClosed) {
				return
			}
		}
	}()
	return u
}

// receiveUDP puts a datagram into the RX buffer, after a header of 8 bytes: the
// sender's address and port, and the size (the datasheet leaves this to WIZnet's
// application note on UDP).
func (c *Chip) receiveUDP(s *socket, u *udpConn, p []byte, from netip.AddrPort) {
	c.mu.Lock()
	defer c.mu.Unlock()
	peer := c.peer(from)
	switch {
	case s.udp != u || u.port == 0 || !c.reaches(peer.Addr()):
	case len(p) > mtu || len(p)+8 > s.room():
		c.dropped++
	default:
		ip := peer.Addr().As4()
		head := binary.BigEndian.AppendUint16(ip[:], peer.Port())
		s.store(binary.BigEndian.AppendUint16(head, uint16(len(p))))
		s.store(p)
		s.ir |= IntRECV
	}
	c.signal()
}

// sendUDP sends what is in the TX buffer as one datagram, or more if it is
// larger than the MTU.
func (c *Chip) sendUDP(s *socket) {
	if n := s.unsent(); n > len(s.tx) {
		s.txEnd = s.txRD
	}
	host, ok := c.route(s.peer())
	if s.unsent() > 0 && (!ok || !c.reaches(s.peer().Addr())) {
		// The data is gone, and ARPTO is told (section 4.2, Sn_IR).
		s.txRD = s.txEnd
		u := s.udp
		time.AfterFunc(c.arpTimeout(), func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			if s.udp == u && !c.closed {
				s.ir |= IntTIMEOUT
				c.signal()
			}
		})
		return
	}
	for s.unsent() > 0 {
		p := s.load(min(s.unsent(), mtu))
		s.udp.pc.WriteTo(p, net.UDPAddrFromAddrPort(host))
		s.txRD += uint16(len(p))
	}
	s.ir |= IntSENDOK
}
