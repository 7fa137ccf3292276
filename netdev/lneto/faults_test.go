package lneto_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/soypat/lneto/dhcp/dhcpv4"
	"github.com/soypat/lneto/tcp"
)

// The tests here pin what github.com/soypat/lneto v0.3.2 does wrong, each with
// the smallest input that shows it; docs/lneto.md lists them, and says how this
// package lives with each. One that fails with a newer lneto is good news: take
// the guard away, and the test.

// engine is lneto's TCP with 100 bytes each way, in ESTABLISHED: 1000 is what it
// sends next, 2000 what it expects.
func engine(t *testing.T) *tcp.Handler {
	t.Helper()
	h := new(tcp.Handler)
	if err := h.SetBuffers(make([]byte, 100), make([]byte, 100), 4); err != nil {
		t.Fatal(err)
	}
	if err := h.OpenListen(80, 999); err != nil {
		t.Fatal(err)
	}
	if err := recv(h, 1999, 0, tcp.FlagSYN, ""); err != nil {
		t.Fatal(err)
	}
	if _, f := send(t, h); f != tcp.FlagSYN|tcp.FlagACK {
		t.Fatalf("the answer to SYN is %v", f)
	}
	if err := recv(h, 2000, 1000, tcp.FlagACK, ""); err != nil {
		t.Fatal(err)
	}
	if h.State() != tcp.StateEstablished {
		t.Fatalf("the state is %v", h.State())
	}
	return h
}

func recv(h *tcp.Handler, seq, ack tcp.Value, flags tcp.Flags, data string) error {
	b := append(make([]byte, 20), data...)
	f, _ := tcp.NewFrame(b)
	f.SetSourcePort(4000)
	f.SetDestinationPort(80)
	f.SetSegment(tcp.Segment{SEQ: seq, ACK: ack, WND: 1000, Flags: flags}, 5)
	return h.Recv(b)
}

// send is the engine's next segment; flags 0 if there is none.
func send(t *testing.T, h *tcp.Handler) (tcp.Segment, tcp.Flags) {
	t.Helper()
	b := make([]byte, 1000)
	n, err := h.Send(b)
	if n == 0 || err != nil {
		return tcp.Segment{}, 0
	}
	f, _ := tcp.NewFrame(b[:n])
	s := f.Segment(n - f.HeaderLength())
	return s, s.Flags
}

// TestFaultWrongBytes: a segment that comes early is kept at a place relative to
// the end of what is there; when that is read to its end, the ring begins anew,
// and the early segment's bytes are taken from elsewhere.
func TestFaultWrongBytes(t *testing.T) {
	h := engine(t)
	recv(h, 2000, 1000, tcp.FlagACK, "abc")
	recv(h, 2006, 1000, tcp.FlagACK, "ghi") // "def" is late
	got := make([]byte, 100)
	if n, _ := h.Read(got); string(got[:n]) != "abc" {
		t.Fatalf("at first it reads %q", got[:n])
	}
	recv(h, 2003, 1000, tcp.FlagACK, "def")
	n, err := h.Read(got)
	if bytes.Equal(got[:n], []byte("defghi")) {
		t.Error("mended: early segments may be shown to the engine")
	}
	t.Logf("it reads %q, %v; right is \"defghi\"", got[:n], err)
}

// TestFaultKeepAlive: a keep-alive probe gets no answer, so that the peer takes
// an idle connection for dead.
func TestFaultKeepAlive(t *testing.T) {
	h := engine(t)
	recv(h, 1999, 1000, tcp.FlagACK, "")
	if _, f := send(t, h); f != 0 {
		t.Error("mended: keep-alive probes may be shown to the engine")
	}
}

// TestFaultCloseWait: once the peer has ended its half, the engine ends ours as
// soon as it has nothing to send, although nobody has called Close: an answer to
// what came before the end is not sent.
func TestFaultCloseWait(t *testing.T) {
	h := engine(t)
	recv(h, 2000, 1000, tcp.FlagACK|tcp.FlagFIN, "")
	send(t, h) // the acknowledgement
	if _, f := send(t, h); !f.HasAny(tcp.FlagFIN) {
		t.Error("mended: the engine may be asked for segments in CLOSE-WAIT")
	}
}

// TestFaultLostFIN: a FIN that is lost is not sent again, whatever the timer says,
// and what was sent before it and is lost is not either.
func TestFaultLostFIN(t *testing.T) {
	h := engine(t)
	now := int64(1)
	rto := new(tcp.RTO)
	rto.Reset()
	h.SetLossRecovery(rto, func() int64 { return now })
	if _, err := h.Write([]byte("the last words")); err != nil {
		t.Fatal(err)
	}
	h.Close()
	data, _ := send(t, h)
	_, fin := send(t, h)
	if data.DATALEN == 0 || !fin.HasAny(tcp.FlagFIN) {
		t.Fatalf("it sends %v, then %v", data, fin)
	}
	for range 5 { // both are lost
		now += int64(time.Minute)
		if s, f := send(t, h); s.DATALEN > 0 || f.HasAny(tcp.FlagFIN) {
			t.Errorf("mended: it sends %v again", s)
		}
	}
}

// TestFaultZeroWindow: nobody asks a peer without window whether it has one
// again; if that news is lost, the connection stands still for ever.
func TestFaultZeroWindow(t *testing.T) {
	h := engine(t)
	now := int64(1)
	rto := new(tcp.RTO)
	rto.Reset()
	h.SetLossRecovery(rto, func() int64 { return now })
	h.Write([]byte("one"))
	send(t, h)
	b := make([]byte, 20)
	f, _ := tcp.NewFrame(b)
	f.SetSourcePort(4000)
	f.SetDestinationPort(80)
	f.SetSegment(tcp.Segment{SEQ: 2000, ACK: 1003, WND: 0, Flags: tcp.FlagACK}, 5)
	h.Recv(b)
	h.Write([]byte("two"))
	for range 5 {
		now += int64(time.Minute)
		if s, f := send(t, h); f != 0 {
			t.Errorf("mended: it sends %v", s)
		}
	}
}

// TestFaultTimer: each segment that arrives sets the timer back, also one that
// acknowledges nothing: what is lost is not sent again while the peer goes on
// sending.
func TestFaultTimer(t *testing.T) {
	rto := new(tcp.RTO)
	rto.Reset()
	now := int64(1)
	rto.PostTx(tcp.Segment{SEQ: 1000, DATALEN: 4, Flags: tcp.FlagACK}, now)
	for i := range 100 {
		now += int64(500 * time.Millisecond)
		rto.PreRx(tcp.Segment{SEQ: 2000 + tcp.Value(i), ACK: 1000, DATALEN: 1, Flags: tcp.FlagACK}, now)
		if rto.PreTx(now).RetransmitAll {
			t.Errorf("mended: after %v it is sent again", time.Duration(now))
			return
		}
	}
}

// TestFaultOldSegments: nine old segments in a row, as a peer sends whose
// acknowledgements were lost, end the connection.
func TestFaultOldSegments(t *testing.T) {
	h := engine(t)
	recv(h, 2000, 1000, tcp.FlagACK, "abc")
	send(t, h)
	for range 12 {
		recv(h, 2000, 1000, tcp.FlagACK, "abc")
		send(t, h)
	}
	if h.State() == tcp.StateEstablished {
		t.Error("mended: old segments may be shown to the engine")
	}
}

// TestFaultLastAck: any acknowledgement ends LAST-ACK, not only that of the FIN.
func TestFaultLastAck(t *testing.T) {
	h := engine(t)
	recv(h, 2000, 1000, tcp.FlagACK|tcp.FlagFIN, "")
	send(t, h)
	h.Close()
	for range 2 {
		send(t, h)
	}
	if h.State() != tcp.StateLastAck {
		t.Fatalf("the state is %v", h.State())
	}
	recv(h, 2001, 1000, tcp.FlagACK, "") // FIN has number 1000
	if h.State() == tcp.StateLastAck {
		t.Error("mended: all acknowledgements may be shown to the engine in LAST-ACK")
	}
}

// TestFaultUnreadLost: what the program has not read yet is gone when the
// connection ends.
func TestFaultUnreadLost(t *testing.T) {
	h := engine(t)
	recv(h, 2000, 1000, tcp.FlagACK, "unread")
	send(t, h)
	err := recv(h, 2006, 1000, tcp.FlagACK|tcp.FlagRST, "")
	if err == nil || h.State() != tcp.StateClosed {
		t.Fatalf("RST: %v, %v", h.State(), err)
	}
	h.Abort() // as tcp.Conn and tcp.Listener do then
	if n := h.BufferedInput(); n != 0 {
		t.Errorf("mended: %d bytes are kept", n)
	}
}

// TestFaultAckBeyond: after it has gone back, the engine does not understand an
// acknowledgement of what it had sent before.
func TestFaultAckBeyond(t *testing.T) {
	h := engine(t)
	back := &goBack{}
	h.SetLossRecovery(back, func() int64 { return 1 })
	h.Write([]byte("0123456789"))
	send(t, h)
	back.now = true
	b := make([]byte, 25) // room for 5 bytes
	h.Send(b)
	recv(h, 2000, 1010, tcp.FlagACK, "") // the peer had got all ten
	if h.FreeOutput() == h.SizeOutput() {
		t.Error("mended: acknowledgements may be shown to the engine as they are")
	}
}

type goBack struct{ now bool }

func (g *goBack) Reset()                                       {}
func (g *goBack) NextDeadline() int64                          { return 0 }
func (g *goBack) PreRx(tcp.Segment, int64) (d tcp.RxDirective) { d.Keep = true; return d }
func (g *goBack) PostTx(tcp.Segment, int64)                    {}
func (g *goBack) PreTx(int64) (d tcp.TxDirective) {
	d.RetransmitAll, g.now = g.now, false
	return d
}

// TestFaultSecondOffer: the DHCP client takes the second server's settings for
// the first one's address, and asks the second for it.
func TestFaultSecondOffer(t *testing.T) {
	var c dhcpv4.Client
	if err := c.BeginRequest(7, dhcpv4.RequestConfig{ClientHardwareAddr: [6]byte{2}}); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Encapsulate(make([]byte, 1000), -1, 0); n == 0 || err != nil {
		t.Fatal(n, err)
	}
	offer := func(last byte) []byte {
		b := make([]byte, 300)
		f, _ := dhcpv4.NewFrame(b)
		f.SetOp(dhcpv4.OpReply)
		f.SetXID(7)
		f.SetMagicCookie(dhcpv4.MagicCookie)
		*f.YIAddr() = [4]byte{10, 0, last, 50}
		o := f.OptionsPayload()
		n, _ := dhcpv4.EncodeOption(o, dhcpv4.OptMessageType, byte(dhcpv4.MsgOffer))
		m, _ := dhcpv4.EncodeOption(o[n:], dhcpv4.OptServerIdentification, 10, 0, last, 1)
		o[n+m] = byte(dhcpv4.OptEnd)
		return b
	}
	c.Demux(offer(1), 0)
	c.Demux(offer(2), 0)
	addr, _ := c.AssignedAddr()
	server, _ := c.ServerAddr()
	if addr[2] == server[2] {
		t.Error("mended: the address and the server belong together")
	}
	t.Logf("it asks %v for %v", server, addr)
}

// TestFaultClientIdentifier: the number of the option is that of another one.
func TestFaultClientIdentifier(t *testing.T) {
	if dhcpv4.OptClientIdentifier == 61 {
		t.Error("mended: it is 61, as RFC 2132 says")
	}
}

// TestFaultEncodeOption writes an option into exactly as many bytes as it needs.
// The device keeps more room than its options take.
func TestFaultEncodeOption(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("it does not panic: lneto has mended it")
		}
	}()
	dhcpv4.EncodeOption(make([]byte, 4), dhcpv4.OptHostName, 'a', 'b')
}

// TestFaultClosing has both ends close at once: when the peer's FIN is acknowledged,
// the engine is in TIME-WAIT, although its own FIN was not.
func TestFaultClosing(t *testing.T) {
	h := engine(t)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if _, f := send(t, h); f != tcp.FlagFIN|tcp.FlagACK {
		t.Fatalf("after Close it sends %v", f)
	}
	if err := recv(h, 2000, 1000, tcp.FlagFIN|tcp.FlagACK, ""); err != nil || h.State() != tcp.StateClosing {
		t.Fatalf("the peer's FIN makes the state %v, %v", h.State(), err)
	}
	if _, f := send(t, h); f != tcp.FlagACK {
		t.Fatalf("the peer's FIN is answered with %v", f)
	}
	if h.State() != tcp.StateTimeWait {
		t.Errorf("the state is %v: lneto has mended it", h.State())
	}
}
