package w5500sim

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"
)

// patience is how long a failing test waits.
const patience = 20 * time.Second

// A board is what is on the other end of the SPI bus: plain register accesses.
type board struct {
	*testing.T
	chip *Chip
	cs   *Pin
	ctx  context.Context
}

var (
	chipIP = netip.MustParseAddr("192.168.1.50")
	hostIP = netip.MustParseAddr("192.168.1.1")
)

func newBoard(t *testing.T, conf Config) *board {
	t.Helper()
	chip, err := New(conf)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), patience, errors.New("this does not come"))
	b := &board{t, chip, chip.CS(), ctx}
	t.Cleanup(func() {
		cancel()
		chip.Close()
		checkGoroutines(t)
	})
	b.cs.Set(true)
	b.put(0, regSIPR, chipIP.AsSlice()...)
	b.put(0, regSUBR, 255, 255, 255, 0)
	return b
}

func checkGoroutines(t *testing.T) {
	t.Helper()
	buf := make([]byte, 1<<20)
	for range 1000 {
		left := string(buf[:runtime.Stack(buf, true)])
		if !strings.Contains(left, "w5500sim.(*Chip)") {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("goroutines of the chip are left:\n%s", buf[:runtime.Stack(buf, true)])
}

func (b *board) frame(block byte, addr uint16, control byte, w, r []byte) {
	b.cs.Set(false)
	b.chip.Tx([]byte{byte(addr >> 8), byte(addr), block<<3 | control}, nil)
	b.chip.Tx(w, r)
	b.cs.Set(true)
}

func (b *board) put(block byte, addr uint16, v ...byte) { b.frame(block, addr, 4, v, nil) }

func (b *board) get(block byte, addr uint16, n int) []byte {
	r := make([]byte, n)
	b.frame(block, addr, 0, nil, r)
	return r
}

// A sock is a socket of the chip.
type sock struct {
	*board
	n byte
}

func (s sock) put(reg uint16, v ...byte) { s.board.put(s.n*4+1, reg, v...) }
func (s sock) put16(reg, v uint16)       { s.put(reg, byte(v>>8), byte(v)) }
func (s sock) get8(reg uint16) byte      { return s.board.get(s.n*4+1, reg, 1)[0] }
func (s sock) get16(reg uint16) uint16   { return binary.BigEndian.Uint16(s.board.get(s.n*4+1, reg, 2)) }
func (s sock) status() Status            { return Status(s.get8(snSR)) }
func (s sock) clear(bits byte)           { s.put(snIR, bits) }
func (s sock) await(want Status)         { s.Helper(); s.must(s.chip.AwaitStatus(s.ctx, int(s.n), want)) }
func (s sock) awaitInterrupt(bits byte) {
	s.Helper()
	s.must(s.chip.AwaitInterrupt(s.ctx, int(s.n), bits))
}
func (s sock) awaitReceived(n int) { s.Helper(); s.must(s.chip.AwaitReceived(s.ctx, int(s.n), n)) }
func (s sock) peer(ip netip.Addr, port uint16) {
	s.put(snDIPR, ip.AsSlice()...)
	s.put16(snDPORT, port)
}

func (b *board) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// order gives a command, which is accepted when Sn_CR reads 0.
func (s sock) order(cmd byte) {
	s.Helper()
	s.put(snCR, cmd)
	if got := s.get8(snCR); got != 0 {
		s.Fatalf("Sn_CR is %#x", got)
	}
}

func (s sock) wantStatus(want Status) {
	s.Helper()
	if got := s.status(); got != want {
		s.Fatalf("socket %d is in %v, want %v", s.n, got, want)
	}
}

// open opens a socket; the mode is of TCP or UDP.
func (s sock) open(mode byte, port uint16) {
	s.put(snMR, mode)
	s.put16(snPORT, port)
	s.order(cmdOPEN)
}

func (s sock) send(p []byte) {
	at := s.get16(snTXWR)
	s.board.put(s.n*4+2, at, p...)
	s.put16(snTXWR, at+uint16(len(p)))
	s.order(cmdSEND)
}

func (s sock) receive() []byte {
	at := s.get16(snRXRD)
	p := s.board.get(s.n*4+3, at, int(s.get16(snRXRSR)))
	s.put16(snRXRD, at+uint16(len(p)))
	s.order(cmdRECV)
	return p
}

// serve has a socket listen, and returns it connected with its peer.
func (s sock) serve(port uint16) net.Conn {
	s.Helper()
	s.open(modeTCP, port)
	s.wantStatus(Init)
	s.order(cmdLISTEN)
	s.wantStatus(Listen)
	c, err := net.Dial("tcp", s.chip.HostAddr("tcp", port).String())
	s.must(err)
	s.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	s.await(Established)
	return c
}

func (s sock) pattern(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i*7 + i>>8)
	}
	return p
}

// Sections 3.1 and 3.2: what registers hold after a reset; section 4.1, MR: RST.
func TestReset(t *testing.T) {
	b := newBoard(t, Config{})
	s := sock{b, 3}
	b.put(0, regRCR, 2)
	b.put(0, regSHAR, 1, 2, 3, 4, 5, 6)
	s.open(modeTCP, 80)
	b.put(0, regMR, 0x80)
	want := map[uint16][]byte{
		regMR: {0}, regSHAR: make([]byte, 6), regSIPR: make([]byte, 4), regRTR: {0x07, 0xd0},
		regRCR: {8}, regPTIMER: {0x28}, regPHYCFGR: {0xbf}, regVERSIONR: {4},
	}
	for addr, v := range want {
		if got := b.get(0, addr, len(v)); !bytes.Equal(got, v) {
			t.Errorf("register %#04x is %x after a reset, want %x", addr, got, v)
		}
	}
	for reg, v := range map[uint16][]byte{
		snMR: {0}, snSR: {0}, snPORT: {0, 0}, snDHAR: {255, 255, 255, 255, 255, 255}, snTTL: {0x80},
		snRXBUFSIZE: {2, 2}, snTXFSR: {0x08, 0}, snRXRSR: {0, 0}, snIMR: {0xff}, snFRAG: {0x40, 0},
	} {
		if got := b.get(3*4+1, reg, len(v)); !bytes.Equal(got, v) {
			t.Errorf("socket register %#02x is %x after a reset, want %x", reg, got, v)
		}
	}
}

// Section 2.2 to 2.4: frames of variable and of fixed length.
func TestFrame(t *testing.T) {
	b := newBoard(t, Config{})
	b.put(0, regSHAR, 1, 2, 3, 4, 5, 6, 10, 0, 0, 9) // and SIPR behind it
	if got := b.get(0, regSHAR+4, 4); !bytes.Equal(got, []byte{5, 6, 10, 0}) {
		t.Errorf("the address counts to %v", got)
	}
	// Fixed length: several frames while CSn stays low.
	b.cs.Set(false)
	b.chip.Tx([]byte{0, regSHAR, 4 | 1, 21, 0, regSHAR + 1, 4 | 2, 22, 23, 0, regGAR, 4 | 3, 1, 2, 3, 4}, nil)
	r := make([]byte, 5)
	b.chip.Tx([]byte{0, regGAR, 2, 0, 0}, r)
	b.cs.Set(true)
	if got := b.get(0, regSHAR, 4); !bytes.Equal(got, []byte{21, 22, 23, 4}) {
		t.Errorf("fixed length data wrote %v", got)
	}
	if !bytes.Equal(r[3:], []byte{1, 2}) {
		t.Errorf("a fixed length read gives %v", r)
	}
	// Nothing happens to a chip that is not selected, or that is left early.
	b.chip.Tx([]byte{0, regSHAR, 4, 99}, nil)
	b.cs.Set(false)
	b.chip.Tx([]byte{0, regSHAR, 4}, nil)
	b.cs.Set(true)
	if v, _ := b.chip.Transfer(0); v != 0xff {
		t.Errorf("a chip that is not selected drives %#x", v)
	}
	if got := b.get(0, regSHAR, 1)[0]; got != 21 {
		t.Errorf("SHAR is %d", got)
	}
	if err := b.chip.Tx(make([]byte, 1), make([]byte, 2)); err == nil {
		t.Error("Tx with two lengths succeeds")
	}
	// Read only, and what does not exist.
	b.put(0, regVERSIONR, 9)
	b.put(5, snSR, 0x17)
	b.put(5, snTXFSR, 1, 2, 3, 4)
	b.put(3, 0, 1)
	b.put(0, 0x4000, 1)
	b.put(1, 0x4000, 1)
	if b.get(0, regVERSIONR, 1)[0] != 4 || b.get(5, snSR, 1)[0] != 0 || b.get(5, snTXFSR, 1)[0] != 8 ||
		b.get(3, 0, 1)[0] != 0 || b.get(0, 0x4000, 1)[0] != 0 || b.get(1, 0x4000, 1)[0] != 0 {
		t.Error("a register that is read only was written")
	}
}

// Section 4.2, Sn_RXBUF_SIZE and Sn_TXBUF_SIZE.
func TestBufferSizes(t *testing.T) {
	b := newBoard(t, Config{})
	for n := range byte(8) {
		b.put(n*4+1, snRXBUFSIZE, 0, 0)
	}
	b.put(1, snRXBUFSIZE, 16, 16)
	b.put(5, snRXBUFSIZE, 2, 3)
	if got := (sock{b, 0}).get16(snTXFSR); got != 16<<10 {
		t.Errorf("socket 0 has %d bytes", got)
	}
	if got := (sock{b, 1}).get16(snTXFSR); got != 0 {
		t.Errorf("socket 1 has %d bytes beyond the 16 kB of all", got)
	}
	b.put(2, 16<<10+5, 77) // wraps
	if got := b.get(2, 5, 1)[0]; got != 77 {
		t.Errorf("the TX buffer has %d", got)
	}
	b.put(6, 0, 1) // no buffer
	if got := b.get(6, 0, 1)[0] + b.get(7, 0, 1)[0]; got != 0 {
		t.Errorf("a buffer of no bytes has %d", got)
	}
}

// Section 4.2: Sn_CR, Sn_SR and Sn_IR of a server, from OPEN to DISCON.
func TestServer(t *testing.T) {
	s := sock{newBoard(t, Config{}), 2}
	s.chip.Map(netip.MustParseAddrPort("192.168.1.99:7"), netip.MustParseAddrPort("127.0.0.1:1"))
	s.order(cmdLISTEN) // not without OPEN
	s.wantStatus(Closed)
	c := s.serve(80)
	local := c.LocalAddr().(*net.TCPAddr).AddrPort()
	if got := netip.AddrFrom4([4]byte(s.board.get(2*4+1, snDIPR, 4))); got != hostIP {
		t.Errorf("Sn_DIPR is %v", got)
	}
	if got := s.get16(snDPORT); got != local.Port() {
		t.Errorf("Sn_DPORT is %d, want %d", got, local.Port())
	}
	if got := s.get8(snIR); got != IntCON {
		t.Errorf("Sn_IR is %#x, want CON", got)
	}
	if s.board.get(0, regSIR, 1)[0] != 1<<2 || s.chip.Interrupt() {
		t.Error("SIR or INTn is wrong")
	}
	s.board.put(0, regSIMR, 1<<2)
	if !s.chip.Interrupt() {
		t.Error("INTn is not asserted")
	}
	s.clear(IntCON)
	if s.board.get(0, regSIR, 1)[0] != 0 || s.chip.Interrupt() {
		t.Error("SIR or INTn stays")
	}

	if _, err := c.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	s.awaitReceived(5)
	s.awaitInterrupt(IntRECV)
	if got := s.receive(); string(got) != "hello" {
		t.Errorf("received %q", got)
	}
	if got := s.get16(snRXRSR); got != 0 {
		t.Errorf("Sn_RX_RSR is %d after RECV", got)
	}
	s.send([]byte("world"))
	s.awaitInterrupt(IntSENDOK)
	buf := make([]byte, 5)
	if _, err := io.ReadFull(c, buf); err != nil || string(buf) != "world" {
		t.Errorf("the peer has %q, %v", buf, err)
	}
	if s.get16(snTXFSR) != 2048 || s.get16(snTXRD) != s.get16(snTXWR) {
		t.Error("the TX buffer is not empty after SENDOK")
	}

	c.(*net.TCPConn).CloseWrite()
	s.await(CloseWait)
	s.awaitInterrupt(IntDISCON)
	s.clear(0xff)
	s.send([]byte("still")) // half closed
	s.awaitInterrupt(IntSENDOK)
	s.order(cmdDISCON)
	s.await(Closed)
	if got, err := io.ReadAll(c); err != nil || string(got) != "still" {
		t.Errorf("the peer has %q, %v", got, err)
	}
	if got := s.get8(snIR); got != IntSENDOK {
		t.Errorf("Sn_IR is %#x", got)
	}
	s.open(modeTCP, 80)
	if got := s.get8(snIR); got != IntSENDOK {
		t.Errorf("OPEN clears Sn_IR: %#x", got)
	}
}

// Pointers wrap at 16 bits, and full buffers hold the other side up.
func TestFlow(t *testing.T) {
	s := sock{newBoard(t, Config{}), 0}
	c := s.serve(80)
	data := s.pattern(200 << 10)
	sent := make(chan error, 1)
	go func() {
		_, err := c.Write(data)
		sent <- err
	}()
	s.awaitReceived(2048)
	for got := []byte(nil); len(got) < len(data); {
		s.awaitReceived(1)
		p := s.receive()
		if len(p) > 2048 {
			t.Fatalf("%d bytes in a buffer of 2048", len(p))
		}
		if got = append(got, p...); !bytes.HasPrefix(data, got) {
			t.Fatalf("what was received is wrong after %d bytes", len(got))
		}
	}
	s.must(<-sent)

	// Nobody reads: what is sent stays in the TX buffer in the end.
	got := make(chan []byte)
	full := 0
	for full < 64<<20 {
		s.clear(IntSENDOK)
		s.send(data[:2048])
		full += 2048
		ctx, cancel := context.WithTimeout(s.ctx, 100*time.Millisecond)
		err := s.chip.AwaitInterrupt(ctx, 0, IntSENDOK)
		cancel()
		if err != nil {
			break
		}
	}
	if free := s.get16(snTXFSR); free == 2048 {
		t.Fatalf("the peer does not read, and the TX buffer was sent")
	}
	go func() {
		p := make([]byte, full)
		n, _ := io.ReadFull(c, p)
		got <- p[:n]
	}()
	s.awaitInterrupt(IntSENDOK)
	if p := <-got; len(p) != full || !bytes.Equal(p[full-2048:], data[:2048]) {
		t.Errorf("the peer has %d bytes of %d", len(p), full)
	}
	if free := s.get16(snTXFSR); free != 2048 {
		t.Errorf("Sn_TX_FSR is %d", free)
	}
}

// Section 4.2, CONNECT: SYN/ACK, RST and nothing at all.
func TestClient(t *testing.T) {
	s := sock{newBoard(t, Config{Faster: 100}), 1}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).AddrPort().Port()
	s.open(modeTCP, 5000)
	s.peer(hostIP, port)
	s.order(cmdCONNECT)
	s.await(Established)
	c, err := l.Accept()
	s.must(err)
	defer c.Close()
	if got := s.get8(snIR); got != IntCON {
		t.Errorf("Sn_IR is %#x", got)
	}
	s.clear(0xff)
	s.send([]byte("x"))
	s.order(cmdDISCON) // sends first
	s.await(FinWait)
	if got, err := io.ReadAll(c); string(got) != "x" || err != nil {
		t.Errorf("the peer has %q, %v", got, err)
	}
	c.Write([]byte("y")) // and can still send
	s.awaitReceived(1)
	if got := s.receive(); string(got) != "y" {
		t.Errorf("received %q in SOCK_FIN_WAIT", got)
	}
	c.Close()
	s.await(Closed)

	// Another address for the same listener.
	other := netip.MustParseAddrPort("10.1.2.3:80")
	s.chip.Map(other, l.Addr().(*net.TCPAddr).AddrPort())
	s.open(modeTCP, 5001)
	s.peer(other.Addr(), 80)
	s.order(cmdCONNECT)
	s.await(Established)
	c, err = l.Accept()
	s.must(err)
	defer c.Close()

	// The peer never closes its side.
	s.order(cmdDISCON)
	s.await(Closed)
	s.awaitInterrupt(IntTIMEOUT)
	s.clear(0xff)

	l.Close()
	s.open(modeTCP, 5002)
	s.peer(hostIP, port)
	s.order(cmdCONNECT)
	s.await(Closed)
	if got := s.get8(snIR); got != 0 {
		t.Errorf("Sn_IR is %#x after RST", got)
	}

	s.open(modeTCP, 5003)
	s.peer(netip.MustParseAddr("192.168.1.77"), port)
	s.order(cmdCONNECT)
	s.wantStatus(SynSent)
	s.await(Closed)
	s.awaitInterrupt(IntTIMEOUT)
}

// Section 4.2, CLOSE: the peer is not told.
func TestClose(t *testing.T) {
	s := sock{newBoard(t, Config{}), 0}
	c := s.serve(80)
	s.order(cmdCLOSE)
	s.wantStatus(Closed)
	c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	var ne net.Error
	if _, err := c.Read(make([]byte, 1)); !errors.As(err, &ne) || !ne.Timeout() {
		t.Errorf("the peer reads %v after CLOSE", err)
	}
	c.SetReadDeadline(time.Now().Add(patience))
	c.Write([]byte("x"))
	if _, err := c.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Errorf("the peer reads %v after it has sent to nobody, want a reset", err)
	}
}

// Section 4.2, DISCON: "If a RST packet is received, ...".
func TestPeerResets(t *testing.T) {
	for _, on := range []bool{false, true} {
		s := sock{newBoard(t, Config{ResetInterrupt: on}), 0}
		c := s.serve(80)
		s.clear(0xff)
		c.(*net.TCPConn).SetLinger(0)
		c.Close()
		s.await(Closed)
		if got := s.get8(snIR); got != 0 != on {
			t.Errorf("Sn_IR is %#x after RST", got)
		}
		s.send([]byte("x"))
		if got := s.get8(snIR) & IntSENDOK; got != 0 {
			t.Error("SEND in SOCK_CLOSED is done")
		}
	}
}

// One connection for each socket that listens; Sn_PORT may be the same.
func TestListeners(t *testing.T) {
	b := newBoard(t, Config{})
	for n := range byte(8) {
		s := sock{b, n}
		s.open(modeTCP, 80)
		s.order(cmdLISTEN)
	}
	at := b.chip.HostAddr("tcp", 80).String()
	for n := range byte(8) {
		c, err := net.Dial("tcp", at)
		b.must(err)
		defer c.Close()
		c.Write([]byte{n})
		sock{b, n}.await(Established)
		sock{b, n}.awaitReceived(1)
	}
	if _, err := net.Dial("tcp", at); err == nil {
		t.Error("a ninth connection is taken")
	}
	for n := range byte(8) {
		if got := (sock{b, n}).receive(); len(got) != 1 || got[0] != n {
			t.Errorf("socket %d received %v", n, got)
		}
	}
	s := sock{b, 4}
	s.order(cmdCLOSE)
	s.serve(80)
	if got := b.chip.HostAddr("tcp", 80).String(); got != at {
		t.Errorf("port 80 has moved from %s to %s", at, got)
	}
}

func TestBacklog(t *testing.T) {
	s := sock{newBoard(t, Config{Backlog: true}), 0}
	s.serve(80)
	at := s.chip.HostAddr("tcp", 80).String()
	c, err := net.Dial("tcp", at)
	s.must(err)
	defer c.Close()
	c.Write([]byte("waited"))
	other := sock{s.board, 1}
	other.open(modeTCP, 80)
	other.order(cmdLISTEN)
	other.await(Established)
	other.awaitReceived(6)
	other.order(cmdCLOSE)
	s.order(cmdCLOSE)
	if c, err := net.Dial("tcp", at); err == nil {
		c.Close()
		t.Error("the port is still open")
	}
}

// Section 4.1, RTR and RCR; section 4.2, SEND_KEEP and Sn_IR, TIMEOUT.
func TestDeadPeer(t *testing.T) {
	b := newBoard(t, Config{})
	b.put(0, regRTR, 0, 10, 2) // 1 ms, 2 retries: 1 + 2 + 4 ms
	s := sock{b, 0}
	s.serve(80)
	b.chip.SetLink(false)
	if got := b.get(0, regPHYCFGR, 1)[0]; got&1 != 0 {
		t.Errorf("PHYCFGR is %#x with no cable", got)
	}
	s.send([]byte("x"))
	s.await(Closed)
	s.awaitInterrupt(IntTIMEOUT)
	b.chip.SetLink(true)

	s.serve(81)
	s.clear(0xff)
	b.chip.SetDead(hostIP, true)
	s.order(cmdSENDKEEP)
	s.await(Closed)
	s.awaitInterrupt(IntTIMEOUT)
	b.chip.SetDead(hostIP, false)

	// It comes back in time.
	b.put(0, regRTR, 0xff, 0xff, 8)
	c := s.serve(82)
	s.clear(0xff)
	b.chip.SetLink(false)
	s.send([]byte("late"))
	c.Write([]byte("early"))
	b.chip.SetLink(true)
	s.awaitInterrupt(IntSENDOK)
	s.awaitReceived(5)
	if got := s.get8(snIR); got&IntTIMEOUT != 0 {
		t.Errorf("Sn_IR is %#x", got)
	}
}

// UDP: the header in the RX buffer, the destination registers, room for whole
// datagrams only, ARPTO.
func TestUDP(t *testing.T) {
	b := newBoard(t, Config{})
	b.put(0, regRTR, 0, 10, 0)
	s := sock{b, 7}
	s.open(modeUDP, 53)
	s.wantStatus(UDP)
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	b.must(err)
	defer pc.Close()
	pc.SetDeadline(time.Now().Add(patience))
	local := pc.LocalAddr().(*net.UDPAddr).AddrPort()
	to := net.UDPAddrFromAddrPort(b.chip.HostAddr("udp", 53))

	buf := make([]byte, 2000)
	for i := range 100 { // the pointers wrap
		data := s.pattern(i * 14)
		pc.WriteTo(data, to)
		s.awaitReceived(len(data) + 8)
		s.awaitInterrupt(IntRECV)
		got := s.receive()
		head := append(hostIP.AsSlice(), byte(local.Port()>>8), byte(local.Port()), byte(len(data)>>8), byte(len(data)))
		if !bytes.Equal(got[:8], head) || !bytes.Equal(got[8:], data) {
			t.Fatalf("%d bytes received, the header %x, want %x", len(got), got[:8], head)
		}
		if i == 0 {
			continue
		}
		s.peer(hostIP, local.Port())
		s.clear(0xff)
		s.send(data)
		s.awaitInterrupt(IntSENDOK)
		n, from, err := pc.ReadFrom(buf)
		if err != nil || !bytes.Equal(buf[:n], data) || from.String() != to.String() {
			t.Fatalf("the peer has %d bytes from %v, %v", n, from, err)
		}
	}

	data := make([]byte, 900)
	for range 3 {
		pc.WriteTo(data, to)
	}
	s.awaitReceived(2 * 908)
	for b.chip.Dropped() == 0 && s.ctx.Err() == nil {
		runtime.Gosched()
	}
	if got := s.receive(); len(got) != 2*908 || b.chip.Dropped() != 1 {
		t.Errorf("%d bytes received, %d datagrams dropped", len(got), b.chip.Dropped())
	}

	s.clear(0xff)
	s.send(nil)
	s.awaitInterrupt(IntSENDOK)
	s.clear(0xff)
	s.send(make([]byte, 2000)) // two datagrams
	for _, want := range []int{1472, 528} {
		if n, _, err := pc.ReadFrom(buf); n != want || err != nil {
			t.Errorf("the peer has %d bytes, %v, want %d", n, err, want)
		}
	}

	s.clear(0xff)
	s.peer(netip.MustParseAddr("192.168.1.9"), 9)
	s.send([]byte("x"))
	s.awaitInterrupt(IntTIMEOUT)
	s.wantStatus(UDP)
	if got := s.get16(snTXFSR); got != 2048 {
		t.Errorf("Sn_TX_FSR is %d after ARPTO", got)
	}

	// OPEN once more: the same port, empty buffers.
	pc.WriteTo([]byte("old"), to)
	s.awaitReceived(11)
	s.order(cmdOPEN)
	if got := s.get16(snRXRSR); got != 0 {
		t.Errorf("OPEN leaves %d bytes", got)
	}
	pc.WriteTo([]byte("new"), to)
	s.awaitReceived(11)
	s.order(cmdCLOSE)
	s.wantStatus(Closed)
}

func TestConfig(t *testing.T) {
	if _, err := New(Config{HostIP: netip.IPv6Loopback()}); err == nil {
		t.Error("HostIP may be IPv6")
	}
	s := sock{newBoard(t, Config{HostIP: netip.MustParseAddr("10.0.0.1")}), 0}
	if s.chip.HostAddr("tcp", 80).IsValid() {
		t.Error("HostAddr before LISTEN")
	}
	s.open(modeTCP, 80)
	s.order(cmdLISTEN)
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	if at, err := s.chip.AwaitService(s.ctx, "tcp", 80); err != nil || at != s.chip.HostAddr("tcp", 80) {
		t.Errorf("AwaitService: %v, %v", at, err)
	}
	if _, err := s.chip.AwaitService(ctx, "udp", 80); err == nil {
		t.Error("AwaitService succeeds for nobody")
	}
	if n := s.chip.OpenSockets(); n != 1 {
		t.Errorf("%d sockets are open", n)
	}
	if got := Status(0x99).String() + LastAck.String(); got != "Status(0x99)SOCK_LAST_ACK" {
		t.Error(got)
	}
	s.chip.Close()
	s.order(cmdOPEN) // nothing
	s.wantStatus(Closed)
}
