//go:build tinynet_port

package behaviour_test

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/devtest"
	"github.com/tinynet/tinynet/netdev/simdev"
)

// A recorder is a device that notes the shape of each call: the function, and of
// which kind its arguments are. It is for holding devtest to the calls of net.
type recorder struct {
	everything
	own netip.Addr

	mu     sync.Mutex
	types  map[int]int // of the sockets that are open
	shapes map[string]bool
}

func newRecorder(dev everything, own netip.Addr) *recorder {
	return &recorder{everything: dev, own: own, types: map[int]int{}, shapes: map[string]bool{}}
}

// copyTo adds what was noted. A call may still be under way.
func (r *recorder) copyTo(shapes map[string]bool) {
	r.mu.Lock()
	maps.Copy(shapes, r.shapes)
	r.mu.Unlock()
}

func (r *recorder) shape(format string, args ...any) {
	r.mu.Lock()
	r.shapes[fmt.Sprintf(format, args...)] = true
	r.mu.Unlock()
}

// of notes a call with a socket, and of what kind that is, unless the number is no
// open socket's: that net makes no such calls is the reason for the rule "numbers".
// What a unix socket has in common with a stream is noted of streams.
func (r *recorder) of(num int, call string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	stype, open := r.types[num]
	if !open || num >= unixNumbers && !strings.HasSuffix(call, "Unix") {
		return
	}
	if kind := map[int]string{netdev.SOCK_STREAM: "a stream", netdev.SOCK_DGRAM: "datagrams"}[stype]; call != "SetSockDeadline" && call != "Interrupt" {
		r.shapes[call+" of "+kind] = true
	}
	for i, a := range args {
		r.shapes[fmt.Sprintf("%s, argument %d is %v", call, i+1, a)] = true
	}
}

func (r *recorder) opened(num, stype int, err error) {
	if err == nil {
		r.mu.Lock()
		r.types[num] = stype
		r.mu.Unlock()
	}
}

func (r *recorder) addr(a netip.AddrPort) string {
	where := "others"
	switch {
	case !a.Addr().IsValid():
		where = "none"
	case a.Addr().IsUnspecified():
		where = "any"
	case a.Addr() == r.own || a.Addr() == to6(r.own):
		where = "own"
	}
	port := "a port"
	if a.Port() == 0 {
		port = "port 0"
	}
	return where + ", " + port
}

func when(t time.Time) string {
	switch {
	case t.IsZero():
		return "never"
	case t.Before(time.Now().Add(-time.Minute)):
		return "long ago"
	}
	return "some time"
}

func bytesIn(p []byte) string {
	if len(p) == 0 {
		return "nothing"
	}
	return "bytes"
}

func (r *recorder) GetHostByName(name string) (netip.Addr, error) {
	r.shape("GetHostByName")
	return r.everything.GetHostByName(name)
}

func (r *recorder) Addr() (netip.Addr, error) {
	r.shape("Addr")
	return r.everything.Addr()
}

func (r *recorder) Socket(domain, stype, protocol int) (int, error) {
	r.shape("Socket(%#x, %#x, %#x)", domain, stype, protocol)
	num, err := r.everything.Socket(domain, stype, protocol)
	r.opened(num, stype, err)
	return num, err
}

func (r *recorder) Bind(num int, ip netip.AddrPort) error {
	r.of(num, "Bind", r.addr(ip))
	return r.everything.Bind(num, ip)
}

func (r *recorder) Connect(num int, host string, ip netip.AddrPort) error {
	r.of(num, "Connect", host != "", r.addr(ip))
	return r.everything.Connect(num, host, ip)
}

func (r *recorder) Listen(num, backlog int) error {
	r.of(num, "Listen", backlog)
	return r.everything.Listen(num, backlog)
}

func (r *recorder) Accept(num int) (int, netip.AddrPort, error) {
	r.of(num, "Accept")
	n, from, err := r.everything.Accept(num)
	r.opened(n, netdev.SOCK_STREAM, err)
	return n, from, err
}

func (r *recorder) Send(num int, buf []byte, flags int, deadline time.Time) (int, error) {
	r.of(num, "Send", bytesIn(buf), flags, when(deadline))
	return r.everything.Send(num, buf, flags, deadline)
}

func (r *recorder) Recv(num int, buf []byte, flags int, deadline time.Time) (int, error) {
	r.of(num, "Recv", bytesIn(buf), flags, when(deadline))
	return r.everything.Recv(num, buf, flags, deadline)
}

func (r *recorder) SendTo(num int, buf []byte, flags int, deadline time.Time, to netip.AddrPort) (int, error) {
	r.of(num, "SendTo", bytesIn(buf), flags, when(deadline), r.addr(to))
	return r.everything.SendTo(num, buf, flags, deadline, to)
}

func (r *recorder) RecvFrom(num int, buf []byte, flags int, deadline time.Time) (int, netip.AddrPort, error) {
	r.of(num, "RecvFrom", bytesIn(buf), flags, when(deadline))
	return r.everything.RecvFrom(num, buf, flags, deadline)
}

func (r *recorder) Close(num int) error {
	r.of(num, "Close")
	err := r.everything.Close(num)
	r.mu.Lock()
	delete(r.types, num)
	r.mu.Unlock()
	return err
}

func (r *recorder) SetSockOpt(num, level, opt int, value any) error {
	r.of(num, "SetSockOpt", fmt.Sprintf("%#x %#x %T", level, opt, value))
	return r.everything.SetSockOpt(num, level, opt, value)
}

func (r *recorder) GetSockname(num int) (netip.AddrPort, error) {
	r.of(num, "GetSockname")
	return r.everything.GetSockname(num)
}

func (r *recorder) Shutdown(num, how int) error {
	r.of(num, "Shutdown", how)
	return r.everything.Shutdown(num, how)
}

func (r *recorder) SetSockDeadline(num, calls int, t time.Time) error {
	for _, one := range []int{netdev.Reads, netdev.Writes} {
		if calls&one != 0 {
			r.of(num, "SetSockDeadline", fmt.Sprint(one, " ", when(t)))
		}
	}
	return r.everything.SetSockDeadline(num, calls, t)
}

func (r *recorder) Interrupt(num, calls int, on bool) error {
	r.of(num, "Interrupt", fmt.Sprint(calls, " ", on))
	return r.everything.Interrupt(num, calls, on)
}

func (r *recorder) AddressFamilies() (ip4, ip6, mapped bool) {
	r.shape("AddressFamilies")
	return r.everything.AddressFamilies()
}

func (r *recorder) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	r.shape("LookupNetIP(%q)", network)
	return r.everything.LookupNetIP(ctx, network, host)
}

func (r *recorder) DNSConfig() ([]netip.AddrPort, []string) {
	r.shape("DNSConfig")
	return r.everything.DNSConfig()
}

func (r *recorder) JoinGroup(num int, group netip.Addr, ifindex int) error {
	r.of(num, "JoinGroup", group.IsMulticast(), ifindex != 0)
	return r.everything.JoinGroup(num, group, ifindex)
}

func (r *recorder) SetMulticastInterface(num int, ip6 bool, ifindex int) error {
	r.of(num, "SetMulticastInterface", ip6, ifindex != 0)
	return r.everything.SetMulticastInterface(num, ip6, ifindex)
}

func (r *recorder) SetMulticastLoopback(num int, ip6, on bool) error {
	r.of(num, "SetMulticastLoopback", ip6, on)
	return r.everything.SetMulticastLoopback(num, ip6, on)
}

func (r *recorder) TLSOffload() bool {
	r.shape("TLSOffload")
	return r.everything.TLSOffload()
}

func (r *recorder) BindUnix(num int, name string) error {
	r.of(num, "BindUnix", name != "")
	return r.everything.BindUnix(num, name)
}

func (r *recorder) ConnectUnix(num int, name string) error {
	r.of(num, "ConnectUnix")
	return r.everything.ConnectUnix(num, name)
}

func (r *recorder) SocknameUnix(num int) (string, error) {
	r.of(num, "SocknameUnix")
	return r.everything.SocknameUnix(num)
}

func (r *recorder) AcceptUnix(num int) (int, string, error) {
	r.of(num, "AcceptUnix")
	n, peer, err := r.everything.AcceptUnix(num)
	r.opened(n, netdev.SOCK_STREAM, err)
	return n, peer, err
}

func (r *recorder) SendToUnix(num int, buf []byte, to string) (int, error) {
	r.of(num, "SendToUnix", bytesIn(buf))
	return r.everything.SendToUnix(num, buf, to)
}

func (r *recorder) RecvFromUnix(num int, buf []byte) (int, string, error) {
	r.of(num, "RecvFromUnix", bytesIn(buf))
	return r.everything.RecvFromUnix(num, buf)
}

func (r *recorder) Unlink(name string) error {
	r.shape("Unlink")
	return r.everything.Unlink(name)
}

// recordedKinds are the devices over which calls are compared: those that net
// treats differently.
var recordedKinds = []string{"", "Deadliner", "Deadliner, Interrupter", "DNSConfigurer", "DNSConfigurer, NetIPLookuper", "all"}

// TestDevtestCalls has net and devtest work over devices that note their calls:
// the one's are the other's, so that no driver is blamed for what no program
// does, and none is praised that programs find wanting.
func TestDevtestCalls(t *testing.T) {
	nets, tests := map[string]bool{}, map[string]bool{}
	wired := func(kind string) (r *recorder, dev netdev.Netdever, s devtest.Setup, ip netip.Addr, every *everyDevice) {
		wire := simdev.NewNetwork()
		conf := simdev.Profile("good")
		conf.TLS = simdev.Offload
		conf.Names = map[string]netip.Addr{"peer.example": netip.MustParseAddr("10.0.0.2")}
		sim, other := wire.Join(conf), wire.Join(simdev.Profile("good").At("10.0.0.2"))
		peer, err := devtest.Device(other.Netdever())
		if err != nil {
			t.Fatal(err)
		}
		dns, stop := serveNames(t, peer)
		every = newEveryDevice(sim.Netdever().(simDevice), dns)
		r = newRecorder(every, sim.Config().Addr)
		dev = lacking(r)[kind]
		return r, dev, devtest.Setup{Dev: dev, Peer: peer, Host: "peer.example", Close: func() {
			stop()
			sim.Halt()
			other.Halt()
		}}, sim.Config().Addr, every
	}
	for _, kind := range recordedKinds {
		r, dev, s, ip, every := wired(kind)
		netdev.Use(dev)
		w := &world{name: "recorded " + kind, ip: ip, peer: s.Peer, every: every, six: to6(s.Peer.Addr())}
		for _, p := range probes {
			p.result(t, w)
		}
		netdev.Use(nil)
		s.Close()
		r.copyTo(nets)

		_, err := devtest.Judge(func() (devtest.Setup, error) {
			r, _, s, _, _ := wired(kind)
			end := s.Close
			s.Close = func() {
				end()
				r.copyTo(tests)
			}
			return s, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, shape := range slices.Sorted(maps.Keys(nets)) {
		if !tests[shape] {
			t.Errorf("net calls %s, and devtest does not", shape)
		}
	}
	for _, shape := range slices.Sorted(maps.Keys(tests)) {
		if !nets[shape] {
			t.Errorf("devtest calls %s, and net does not", shape)
		}
	}
}
