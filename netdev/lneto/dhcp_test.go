package lneto_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/soypat/lneto/dhcp/dhcpv4"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/lneto"
	"github.com/tinynet/tinynet/netdev/lneto/cable"
)

// A dhcpServer gives each client one address.
type dhcpServer struct {
	mu      sync.Mutex
	ip      [4]byte // its own
	gives   [4]byte
	seconds uint32
	silent  bool
	refuse  bool
	forget  bool     // requests for what a client had are not answered
	heard   []string // what clients asked for
	host    string
	hosts   map[string]string // the name that came with each kind
}

func (s *dhcpServer) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *dhcpServer) count(kind string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.heard {
		if h == kind {
			n++
		}
	}
	return n
}

// serveDHCP puts a server on the wire, at 10.7.0.n.
func serveDHCP(t testing.TB, w *cable.Wire, n byte, s *dhcpServer) {
	t.Helper()
	dev := plug(t, w, at(n, lneto.Config{}))
	s.ip = [4]byte{10, 7, 0, n}
	num := must(dev.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, 0))(t)
	if err := dev.Bind(num, netip.AddrPortFrom(netip.IPv4Unspecified(), 67)); err != nil {
		t.Fatal(err)
	}
	go func() {
		buf := make([]byte, 1000)
		for {
			m, from, err := dev.RecvFrom(num, buf, 0, time.Time{})
			if err != nil {
				return
			}
			if b := s.answer(buf[:m]); b != nil {
				to := netip.MustParseAddrPort("255.255.255.255:68")
				if !from.Addr().IsUnspecified() {
					to = from
				}
				dev.SendTo(num, b, 0, time.Time{}, to)
			}
		}
	}()
}

func (s *dhcpServer) answer(q []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := dhcpv4.NewFrame(q)
	if err != nil {
		return nil
	}
	var kind dhcpv4.MessageType
	var server [4]byte
	var host string
	f.ForEachOption(func(_ int, opt dhcpv4.OptNum, data []byte) error {
		switch opt {
		case dhcpv4.OptMessageType:
			kind = dhcpv4.MessageType(data[0])
		case dhcpv4.OptServerIdentification:
			copy(server[:], data)
		case dhcpv4.OptHostName:
			host = string(data)
			s.host = host
		}
		return nil
	})
	name := kind.String()
	if kind == dhcpv4.MsgRequest && *f.CIAddr() != [4]byte{} {
		name = "renewal"
	}
	s.heard = append(s.heard, name)
	if s.hosts == nil {
		s.hosts = map[string]string{}
	}
	s.hosts[name] = host
	if s.forget && kind == dhcpv4.MsgRequest && server == [4]byte{} {
		return nil
	}
	if s.silent || server != [4]byte{} && server != s.ip {
		return nil
	}
	b := make([]byte, 300)
	a, _ := dhcpv4.NewFrame(b)
	copy(b, q[:dhcpv4.OptionsOffset])
	a.SetOp(dhcpv4.OpReply)
	*a.YIAddr() = s.gives
	o, at := a.OptionsPayload(), 0
	put := func(opt dhcpv4.OptNum, data ...byte) {
		n, _ := dhcpv4.EncodeOption(o[at:], opt, data...)
		at += n
	}
	answer := dhcpv4.MsgOffer
	if kind == dhcpv4.MsgRequest {
		answer = dhcpv4.MsgAck
		if s.refuse {
			answer = dhcpv4.MsgNack
		}
	} else if kind != dhcpv4.MsgDiscover {
		return nil
	}
	put(dhcpv4.OptMessageType, byte(answer))
	put(dhcpv4.OptServerIdentification, s.ip[:]...)
	put(dhcpv4.OptSubnetMask, 255, 255, 255, 0)
	put(dhcpv4.OptRouter, 10, 7, 0, 254)
	put(dhcpv4.OptDNSServers, 10, 7, 0, 53, 10, 7, 0, 54)
	put(dhcpv4.OptDomainName, []byte("home.example")...)
	put(dhcpv4.OptIPAddressLeaseTime, binary.BigEndian.AppendUint32(nil, s.seconds)...)
	o[at] = byte(dhcpv4.OptEnd)
	return b
}

// client is a device without an address.
func client(t testing.TB, w *cable.Wire, conf lneto.Config) (*lneto.Device, *cable.Port) {
	t.Helper()
	conf.MAC, conf.Hostname = [6]byte{2, 0, 0, 0, 1, 1}, "thermometer"
	if conf.ProbeTime == 0 {
		conf.ProbeTime = 20 * time.Millisecond
	}
	p := w.Join()
	dev, err := lneto.New(p, conf)
	if err != nil {
		t.Fatal(err)
	}
	p.Receive(dev.Receive)
	t.Cleanup(func() { dev.Halt(); p.Close() })
	return dev, p
}

// leased gives a device whose address a server has given it for so many seconds, and a
// neighbour, with a connection between them: x is its socket, y the neighbour's.
func leased(t testing.TB, seconds uint32) (s *dhcpServer, dev, other *lneto.Device, x, y int) {
	t.Helper()
	w := cable.New(cable.Faults{})
	s = &dhcpServer{gives: [4]byte{10, 7, 0, 77}, seconds: seconds}
	serveDHCP(t, w, 9, s)
	other = plug(t, w, at(2, lneto.Config{}))
	dev, _ = client(t, w, lneto.Config{})
	if err := dev.WaitUp(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	x, y = connected(t, dev, other)
	return s, dev, other, x, y
}

func wantAddr(t testing.TB, dev *lneto.Device, want string) {
	t.Helper()
	if got, err := dev.Addr(); err != nil || got.String() != want {
		t.Errorf("the address is %v, %v; want %s", got, err, want)
	}
}

func TestDHCP(t *testing.T) {
	w := cable.New(cable.Faults{})
	s := &dhcpServer{gives: [4]byte{10, 7, 0, 77}, seconds: 3600}
	serveDHCP(t, w, 9, s)
	dev, _ := client(t, w, lneto.Config{})
	if err := dev.WaitUp(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	wantAddr(t, dev, "10.7.0.77")
	servers, search := dev.DNSConfig()
	if len(servers) != 2 || servers[1].String() != "10.7.0.54:53" || len(search) != 1 || search[0] != "home.example" {
		t.Errorf("DNSConfig: %v, %v", servers, search)
	}
	if got, _ := dev.InterfaceAddrs(2); len(got) != 1 || got[0].String() != "10.7.0.77/24" {
		t.Errorf("InterfaceAddrs: %v", got)
	}
	s.set(func() {
		if s.host != "thermometer" {
			t.Errorf("the server is told the name %q", s.host)
		}
	})
}

// TestDHCPRenewal lets half of a lease pass: the server is asked again, and
// connections go on. When it is silent for the whole lease, the address goes.
func TestDHCPRenewal(t *testing.T) {
	t.Parallel()
	s, dev, other, x, y := leased(t, 4)
	until := time.Now().Add(20 * time.Second)
	for s.count("renewal") < 2 {
		if time.Now().After(until) {
			t.Fatalf("the server hears %v, want two renewals", s.heard)
		}
		dev.Send(x, []byte("x"), 0, time.Time{})
		if _, err := other.Recv(y, make([]byte, 10), 0, time.Now().Add(5*time.Second)); err != nil {
			t.Fatal("a connection during renewals: ", err)
		}
		<-time.After(100 * time.Millisecond)
	}
	s.set(func() { s.silent = true })
	if _, err := dev.Recv(x, make([]byte, 1), 0, time.Now().Add(20*time.Second)); err == nil || err == io.EOF || strings.Contains(err.Error(), "timeout") {
		t.Errorf("Recv when the lease is over: %v", err)
	}
	if _, err := dev.Addr(); err == nil {
		t.Error("there is an address although the lease is over")
	}
	s.set(func() { s.silent = false })
	if err := dev.WaitUp(20 * time.Second); err != nil {
		t.Error("when the server is back: ", err)
	}
}

// TestDHCPNobody has no server: WaitUp ends in time, and says so; then one comes.
func TestDHCPNobody(t *testing.T) {
	t.Parallel()
	w := cable.New(cable.Faults{})
	s := &dhcpServer{gives: [4]byte{10, 7, 0, 77}, seconds: 60, silent: true}
	serveDHCP(t, w, 9, s)
	dev, _ := client(t, w, lneto.Config{})
	start := time.Now()
	err := dev.WaitUp(300 * time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "DHCP") || time.Since(start) > 5*time.Second {
		t.Errorf("WaitUp without a server: %v after %v", err, time.Since(start))
	}
	num := must(dev.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0))(t)
	if err := dev.Connect(num, "", netip.MustParseAddrPort("10.7.0.9:80")); err == nil {
		t.Error("Connect succeeds without an address")
	}
	s.set(func() { s.silent = false })
	if err := dev.WaitUp(20 * time.Second); err != nil {
		t.Error(err)
	}
}

// TestDHCPTwoServers has two: one's address is used with that one's settings.
func TestDHCPTwoServers(t *testing.T) {
	w := cable.New(cable.Faults{})
	a := &dhcpServer{gives: [4]byte{10, 7, 0, 77}, seconds: 60}
	b := &dhcpServer{gives: [4]byte{10, 7, 0, 88}, seconds: 60}
	serveDHCP(t, w, 8, a)
	serveDHCP(t, w, 9, b)
	dev, _ := client(t, w, lneto.Config{})
	if err := dev.WaitUp(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	got := must(dev.Addr())(t).String()
	if got != "10.7.0.77" && got != "10.7.0.88" {
		t.Errorf("the address is %s", got)
	}
}

// TestDHCPRefused has a server that takes back what it offers.
func TestDHCPRefused(t *testing.T) {
	t.Parallel()
	w := cable.New(cable.Faults{})
	s := &dhcpServer{gives: [4]byte{10, 7, 0, 77}, seconds: 60, refuse: true}
	serveDHCP(t, w, 9, s)
	dev, _ := client(t, w, lneto.Config{})
	if err := dev.WaitUp(500 * time.Millisecond); err == nil || !strings.Contains(err.Error(), "refuses") {
		t.Errorf("WaitUp: %v; want one that says that the server refuses", err)
	}
	if n := s.count("discover"); n > 3 {
		t.Errorf("the server is asked %d times within half a second", n)
	}
	s.set(func() { s.refuse = false })
	if err := dev.WaitUp(20 * time.Second); err != nil {
		t.Error(err)
	}
}

// TestDuplicateAddress has another device at the address on offer, or at the one
// in Config.
func TestDuplicateAddress(t *testing.T) {
	t.Parallel()
	w := cable.New(cable.Faults{})
	plug(t, w, at(77, lneto.Config{}))
	s := &dhcpServer{gives: [4]byte{10, 7, 0, 77}, seconds: 60}
	serveDHCP(t, w, 9, s)
	dev, _ := client(t, w, lneto.Config{})
	if err := dev.WaitUp(2 * time.Second); err == nil || !strings.Contains(err.Error(), "another device") {
		t.Errorf("WaitUp: %v; want one that names the other device", err)
	}
	if s.count("decline") == 0 {
		t.Error("the server is not told")
	}
	s.set(func() { s.gives[3] = 78 })
	if err := dev.WaitUp(30 * time.Second); err != nil {
		t.Error("when another address is offered: ", err)
	}
	wantAddr(t, dev, "10.7.0.78")

	conf := at(3, lneto.Config{Addr: netip.MustParsePrefix("10.7.0.77/24"), ProbeTime: 20 * time.Millisecond})
	fixed := plug(t, w, conf)
	if err := fixed.WaitUp(2 * time.Second); err == nil || !strings.Contains(err.Error(), "another device") {
		t.Errorf("WaitUp with the address in Config: %v; want one that names the other device", err)
	}
	if got, err := fixed.Addr(); err == nil {
		t.Errorf("the address %v is used although another device has it", got)
	}
}

// TestHostname tells names of all lengths to the server: what DISCOVER says, and
// what REQUEST says.
func TestHostname(t *testing.T) {
	for _, n := range []int{1, 24, 25, 30, 31, 63} {
		w := cable.New(cable.Faults{})
		s := &dhcpServer{gives: [4]byte{10, 7, 0, 77}, seconds: 3600}
		serveDHCP(t, w, 9, s)
		want := strings.Repeat("n", n)
		p := w.Join()
		dev, err := lneto.New(p, lneto.Config{MAC: [6]byte{2, 0, 0, 0, 1, 1}, Hostname: want, ProbeTime: -1})
		if err != nil {
			t.Fatal(err)
		}
		p.Receive(dev.Receive)
		t.Cleanup(func() { dev.Halt(); p.Close() })
		if err := dev.WaitUp(10 * time.Second); err != nil {
			t.Fatal(err)
		}
		s.set(func() {
			for _, kind := range []string{"discover", "request"} {
				if got := s.hosts[kind]; got != want {
					t.Errorf("in a %s the name of %d bytes is %q", kind, n, got)
				}
			}
		})
	}
	if _, err := lneto.New(nowhere{}, lneto.Config{MAC: [6]byte{2, 0, 0, 0, 1, 1}, Hostname: strings.Repeat("n", 64)}); err == nil {
		t.Error("a name of 64 bytes is taken")
	}
}

// TestLeaseTimes has leases that are as short and as long as they can be.
func TestLeaseTimes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		seconds  uint32
		renewals bool
	}{{1, true}, {2, true}, {0x7fffffff, false}, {0xfffffffe, false}, {0xffffffff, false}} {
		t.Run(fmt.Sprint(test.seconds), func(t *testing.T) {
			t.Parallel()
			s, dev, other, x, y := leased(t, test.seconds)
			for end := time.Now().Add(3 * time.Second); time.Now().Before(end); <-time.After(50 * time.Millisecond) {
				if _, err := dev.Send(x, []byte("x"), 0, time.Time{}); err != nil {
					t.Fatal("a connection over renewals: ", err)
				}
				if _, err := other.Recv(y, make([]byte, 10), 0, time.Now().Add(5*time.Second)); err != nil {
					t.Fatal("a connection over renewals: ", err)
				}
			}
			wantAddr(t, dev, "10.7.0.77")
			if n := s.count("renewal"); test.renewals && (n < 2 || n > 12) || !test.renewals && n > 0 {
				t.Errorf("a lease of %d s is renewed %d times in 3 s", test.seconds, n)
			}
		})
	}
}

// TestRenewalRefused has a server that takes the address back: connections end
// with an error, and the device asks for another.
func TestRenewalRefused(t *testing.T) {
	t.Parallel()
	s, dev, _, x, _ := leased(t, 2)
	s.set(func() { s.refuse = true })
	if _, err := dev.Recv(x, make([]byte, 1), 0, time.Now().Add(20*time.Second)); err == nil || err == io.EOF || strings.Contains(err.Error(), "timeout") {
		t.Errorf("Recv when the address is taken back: %v", err)
	}
	s.set(func() { s.refuse, s.gives[3] = false, 78 })
	if err := dev.WaitUp(20 * time.Second); err != nil {
		t.Fatal(err)
	}
	wantAddr(t, dev, "10.7.0.78")
}

// TestLinkLostWhileProbing takes the link away while the device looks whether an
// address is free. Another device gets that address; ours has to find it.
func TestLinkLostWhileProbing(t *testing.T) {
	t.Parallel()
	w := cable.New(cable.Faults{})
	s := &dhcpServer{gives: [4]byte{10, 7, 0, 77}, seconds: 3600}
	serveDHCP(t, w, 9, s)
	dev, _ := client(t, w, lneto.Config{ProbeTime: 500 * time.Millisecond})
	if err := dev.WaitUp(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	// The server does not know the address any more and offers another one.
	s.set(func() { s.forget, s.gives[3] = true, 78 })
	probes := make(chan struct{}, 100)
	w.Watch(func(f []byte) {
		if isARP(f) && [4]byte(f[28:32]) == [4]byte{} && f[41] == 78 {
			probes <- struct{}{}
		}
	})
	dev.SetLinkUp(false)
	dev.SetLinkUp(true)
	select {
	case <-probes:
	case <-time.After(20 * time.Second):
		t.Fatalf("the address on offer is not looked for; the server hears %v", s.heard)
	}
	dev.SetLinkUp(false)
	s.set(func() { s.forget, s.gives[3] = false, 77 })
	other := plug(t, w, at(78, lneto.Config{}))
	dev.SetLinkUp(true)
	if err := dev.WaitUp(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	x, y := connected(t, dev, other)
	if err := transfer(t, dev, other, x, y, 1000); err != nil {
		t.Error(err)
	}
}

// TestLinkLost takes the link away and gives it back: the lease is confirmed.
func TestLinkLost(t *testing.T) {
	w := cable.New(cable.Faults{})
	s := &dhcpServer{gives: [4]byte{10, 7, 0, 77}, seconds: 3600}
	serveDHCP(t, w, 9, s)
	dev, _ := client(t, w, lneto.Config{})
	if err := dev.WaitUp(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	dev.SetLinkUp(false)
	if err := dev.WaitUp(50 * time.Millisecond); err == nil || !strings.Contains(err.Error(), "down") {
		t.Errorf("WaitUp without a link: %v", err)
	}
	before := s.count("request")
	dev.SetLinkUp(true)
	if err := dev.WaitUp(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); s.count("request") == before; {
		if time.Now().After(end) {
			t.Fatal("the server is not asked whether the address still holds")
		}
		<-time.After(10 * time.Millisecond)
	}
}
