//go:build tinynet_port

package behaviour_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/devtest"
	"github.com/tinynet/tinynet/netdev/simdev"
)

var updateTable = flag.Bool("update", false, "write the table of docs/drivers.md anew")

// A probe holds some functions and methods of net to what Go's documentation
// says of them. Its error is net's own, where net says that it cannot be done; a
// promise that is broken is an error of type broken.
type probe struct {
	name   string // what is tried
	covers string // the functions and methods, as go doc names them
	run    func(w *world) error
}

type broken struct{ text string }

func (b broken) Error() string { return "BROKEN: " + b.text }

func brokenf(format string, args ...any) error { return broken{fmt.Sprintf(format, args...)} }

// pair dials the peer.
func (w *world) pair(f func(c *net.TCPConn, p net.Conn) error) error {
	l, err := w.peer.Listen()
	if err != nil {
		return err
	}
	defer l.Close()
	came := make(chan net.Conn, 1)
	go func() {
		p, _ := l.Accept()
		came <- p
	}()
	c, err := net.DialTimeout("tcp", l.Addr().String(), patience)
	if err != nil {
		return err
	}
	defer c.Close()
	p := <-came
	if p == nil {
		return brokenf("the peer sees no connection")
	}
	defer p.Close()
	c.SetDeadline(time.Now().Add(patience))
	return f(c.(*net.TCPConn), p)
}

func (w *world) packets(f func(c *net.UDPConn, p net.PacketConn) error) error {
	p, err := w.peer.ListenPacket()
	if err != nil {
		return err
	}
	defer p.Close()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: w.ip.AsSlice()})
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	return f(c, p)
}

// asked sends a datagram to c and receives it there.
func asked(c *net.UDPConn, p net.PacketConn) (from net.Addr, err error) {
	if _, err := p.WriteTo([]byte("question"), c.LocalAddr()); err != nil {
		return nil, err
	}
	buf := make([]byte, 100)
	n, from, err := c.ReadFrom(buf)
	switch {
	case err != nil:
		return nil, err
	case string(buf[:n]) != "question" || from == nil:
		return nil, brokenf("ReadFrom gives %q from %v", buf[:n], from)
	}
	return from, nil
}

func option(set func(c *net.TCPConn) error) func(w *world) error {
	return func(w *world) error {
		return w.pair(func(c *net.TCPConn, _ net.Conn) error { return set(c) })
	}
}

func lookup(f func() (int, error)) func(w *world) error {
	return func(*world) error {
		n, err := f()
		if err == nil && n == 0 {
			return brokenf("nothing, and no error")
		}
		return err
	}
}

var ctx = context.Background()

var probes = []probe{
	{"dial, read and write TCP", "Dial DialTCP DialTimeout Dialer.* TCPConn.Read TCPConn.Write TCPConn.Close TCPConn.ReadFrom TCPConn.WriteTo TCPConn.RemoteAddr Buffers.*", func(w *world) error {
		return w.pair(func(c *net.TCPConn, p net.Conn) error {
			if _, err := c.ReadFrom(strings.NewReader("hello")); err != nil {
				return err
			}
			buf := make([]byte, 5)
			if _, err := io.ReadFull(p, buf); err != nil || string(buf) != "hello" {
				return brokenf("the peer gets %q, %v", buf, err)
			}
			p.Write([]byte("and back"))
			if n, err := io.ReadFull(c, buf); n != 5 || err != nil {
				return brokenf("Read gives %d, %v", n, err)
			}
			return nil
		})
	}},
	{"know the port of a dialled connection", "TCPConn.LocalAddr UDPConn.LocalAddr", func(w *world) error {
		return w.pair(func(c *net.TCPConn, _ net.Conn) error {
			if c.LocalAddr() == nil {
				return brokenf("LocalAddr is nil")
			}
			if addrPort(c.LocalAddr()).Port() == 0 {
				return errors.New("LocalAddr tells port 0")
			}
			return nil
		})
	}},
	{"end a Read by a deadline", "TCPConn.SetDeadline TCPConn.SetReadDeadline TCPConn.SetWriteDeadline UDPConn.SetDeadline UDPConn.SetReadDeadline UDPConn.SetWriteDeadline", func(w *world) error {
		return w.pair(func(c *net.TCPConn, _ net.Conn) error {
			c.SetReadDeadline(time.Now().Add(time.Millisecond))
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				return brokenf("Read gives %v", err)
			}
			return nil
		})
	}},
	{"close the reading half", "TCPConn.CloseRead", option((*net.TCPConn).CloseRead)},
	{"close the writing half", "TCPConn.CloseWrite", func(w *world) error {
		return w.pair(func(c *net.TCPConn, p net.Conn) error {
			if err := c.CloseWrite(); err != nil {
				return err
			}
			if _, err := p.Read(make([]byte, 1)); err != io.EOF {
				return brokenf("the peer reads %v", err)
			}
			return nil
		})
	}},
	{"set keep-alive, no delay, lingering and buffers", "TCPConn.SetKeepAlive TCPConn.SetKeepAliveConfig TCPConn.SetKeepAlivePeriod TCPConn.SetNoDelay TCPConn.SetLinger TCPConn.SetReadBuffer TCPConn.SetWriteBuffer TCPConn.MultipathTCP UDPConn.SetReadBuffer UDPConn.SetWriteBuffer", option(func(c *net.TCPConn) error {
		return errors.Join(c.SetKeepAlive(true), c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true}), c.SetNoDelay(true), c.SetLinger(3), c.SetReadBuffer(4096), c.SetWriteBuffer(4096))
	})},
	{"have a raw connection call its function", "TCPConn.SyscallConn TCPListener.SyscallConn UDPConn.SyscallConn", option(func(c *net.TCPConn) error {
		raw, err := c.SyscallConn()
		if err != nil {
			return err
		}
		called := false
		if err := raw.Control(func(uintptr) { called = true }); err != nil || !called {
			return brokenf("Control gives %v, %v", called, err)
		}
		return nil
	})},
	{"read from a raw connection", "", option(func(c *net.TCPConn) error {
		raw, _ := c.SyscallConn()
		return raw.Read(func(uintptr) bool { return true })
	})},
	{"have a socket as a file, and back", "TCPConn.File TCPListener.File UDPConn.File UnixConn.File UnixListener.File IPConn.File FileConn FileListener FilePacketConn", option(func(c *net.TCPConn) error {
		_, err := c.File()
		return err
	})},
	{"listen on a port of the device's choice", "Listen ListenTCP ListenConfig.* TCPListener.*", func(w *world) error {
		l, err := net.Listen("tcp", ":0")
		if err != nil {
			return err
		}
		defer l.Close()
		if addrPort(l.Addr()).Port() == 0 {
			return brokenf("Addr is %v", l.Addr())
		}
		done := inBackground(func() error {
			c, err := l.Accept()
			if err == nil {
				defer c.Close()
				if addrPort(c.LocalAddr()).Port() != addrPort(l.Addr()).Port() || c.RemoteAddr() == nil {
					return brokenf("a connection from %v to %v", c.RemoteAddr(), c.LocalAddr())
				}
			}
			return err
		})
		p, err := w.peer.Dial(netip.AddrPortFrom(w.ip, addrPort(l.Addr()).Port()))
		if err != nil {
			return brokenf("nobody arrives: %v", err)
		}
		defer p.Close()
		p.Write([]byte("x"))
		return <-done
	}},
	{"dial, read and write UDP", "DialUDP UDPConn.Read UDPConn.Write UDPConn.RemoteAddr UDPConn.Close", func(w *world) error {
		p, err := w.peer.ListenPacket()
		if err != nil {
			return err
		}
		defer p.Close()
		c, err := net.Dial("udp", p.LocalAddr().String())
		if err != nil {
			return err
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		if _, err := c.Write([]byte("hello")); err != nil {
			return err
		}
		buf := make([]byte, 10)
		n, from, err := p.ReadFrom(buf)
		if err != nil {
			return brokenf("the peer gets %v", err)
		}
		p.WriteTo(buf[:n], from)
		if n, err := c.Read(buf); n != 5 || err != nil {
			return brokenf("Read gives %d, %v", n, err)
		}
		return nil
	}},
	{"receive datagrams of any sender", "ListenPacket ListenUDP UDPConn.ReadFrom UDPConn.ReadFromUDP UDPConn.ReadFromUDPAddrPort UDPConn.ReadMsgUDP UDPConn.ReadMsgUDPAddrPort", func(w *world) error {
		return w.packets(func(c *net.UDPConn, p net.PacketConn) error {
			if _, err := asked(c, p); err != nil {
				return err
			}
			p.WriteTo([]byte("again"), c.LocalAddr())
			buf, oob := make([]byte, 10), make([]byte, 10)
			if n, oobn, _, from, err := c.ReadMsgUDP(buf, oob); n != 5 || oobn != 0 || from == nil || err != nil {
				return brokenf("ReadMsgUDP gives %d, %d, %v, %v", n, oobn, from, err)
			}
			return nil
		})
	}},
	{"know who has sent a datagram", "", func(w *world) error {
		return w.packets(func(c *net.UDPConn, p net.PacketConn) error {
			from, err := asked(c, p)
			if err == nil && from.String() != p.LocalAddr().String() {
				return errors.New("ReadFrom tells " + from.String())
			}
			return err
		})
	}},
	{"send datagrams to any receiver", "UDPConn.WriteTo UDPConn.WriteToUDP UDPConn.WriteToUDPAddrPort UDPConn.WriteMsgUDP UDPConn.WriteMsgUDPAddrPort", func(w *world) error {
		return w.packets(func(c *net.UDPConn, p net.PacketConn) error {
			if _, err := c.WriteTo([]byte("x"), p.LocalAddr()); err != nil {
				return err
			}
			if n, _, err := p.ReadFrom(make([]byte, 10)); n != 1 || err != nil {
				return brokenf("the peer gets %d, %v", n, err)
			}
			return nil
		})
	}},
	{"send out-of-band data", "", func(w *world) error {
		return w.packets(func(c *net.UDPConn, p net.PacketConn) error {
			_, _, err := c.WriteMsgUDP([]byte("x"), []byte("oob"), p.LocalAddr().(*net.UDPAddr))
			return err
		})
	}},
	{"listen to a group", "ListenMulticastUDP", func(w *world) error {
		c, err := net.ListenMulticastUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353})
		if err == nil {
			c.Close()
		}
		return err
	}},
	{"use raw IP", "DialIP ListenIP IPConn.*", func(*world) error {
		c, err := net.ListenIP("ip4:icmp", &net.IPAddr{IP: net.IPv4zero})
		if err == nil {
			c.Close()
		}
		return err
	}},
	{"use unix sockets", "DialUnix ListenUnix ListenUnixgram UnixConn.* UnixListener.*", func(*world) error {
		a, err := net.ListenPacket("unixgram", "@promise")
		if err != nil {
			return err
		}
		defer a.Close()
		b, err := net.Dial("unixgram", "@promise")
		if err != nil {
			return err
		}
		defer b.Close()
		b.Write([]byte("x"))
		n, from, err := a.ReadFrom(make([]byte, 10))
		if n != 1 || err != nil {
			return brokenf("ReadFrom gives %d, %v, %v", n, from, err)
		}
		return nil
	}},
	{"dial over IPv6", "", func(*world) error {
		c, err := net.DialTimeout("tcp6", "[2001:db8::1]:80", patience)
		if err == nil {
			c.Close()
		}
		return err
	}},
	{"look up a name", "LookupHost LookupIP Resolver.LookupHost Resolver.LookupIPAddr Resolver.LookupIP Resolver.LookupNetIP ResolveIPAddr ResolveTCPAddr ResolveUDPAddr", lookup(func() (int, error) {
		ips, err := net.LookupHost("peer.example")
		return len(ips), err
	})},
	{"look up a name's IPv6 addresses", "", lookup(func() (int, error) {
		ips, err := net.DefaultResolver.LookupIP(ctx, "ip6", "peer.example")
		return len(ips), err
	})},
	{"look up MX, NS, SRV, TXT, CNAME and PTR", "LookupMX LookupNS LookupSRV LookupTXT LookupCNAME LookupAddr Resolver.LookupMX Resolver.LookupNS Resolver.LookupSRV Resolver.LookupTXT Resolver.LookupCNAME Resolver.LookupAddr", lookup(func() (int, error) {
		c, cancel := context.WithTimeout(ctx, patience/4)
		defer cancel()
		found, err := net.DefaultResolver.LookupMX(c, "peer.example")
		return len(found), err
	})},
	{"look up a port", "LookupPort Resolver.LookupPort", lookup(func() (int, error) { return net.LookupPort("tcp", "http") })},
	{"list interfaces and their addresses", "Interfaces InterfaceAddrs InterfaceByIndex InterfaceByName Interface.Addrs", func(w *world) error {
		all, err := net.InterfaceAddrs()
		if err != nil {
			return err
		}
		for _, a := range all {
			if n, ok := a.(*net.IPNet); ok && n.IP.Equal(w.ip.AsSlice()) {
				return nil
			}
		}
		return brokenf("%v lacks %v", all, w.ip)
	}},
	{"list an interface's groups", "Interface.MulticastAddrs", func(*world) error {
		all, err := net.Interfaces()
		if err != nil {
			return err
		}
		_, err = all[len(all)-1].MulticastAddrs()
		return err
	}},
}

// noDevice are the functions and methods that need no device: they work with
// values, or in memory.
const noDevice = `CIDRMask IP.* IPMask.* IPNet.* HardwareAddr.* Flags.* IPAddr.* TCPAddr.* UDPAddr.* UnixAddr.*
	IPv4 IPv4Mask JoinHostPort SplitHostPort ParseCIDR ParseIP ParseMAC Pipe ResolveUnixAddr TCPAddrFromAddrPort UDPAddrFromAddrPort
	AddrError.* DNSConfigError.* DNSError.* InvalidAddrError.* OpError.* ParseError.* UnknownNetworkError.*`

// The devices of the table lack one optional interface each.
type (
	dg = netdev.Datagrammer
	sn = netdev.SockNamer
	sh = netdev.Shutdowner
	dl = netdev.Deadliner
	nl = netdev.NetIPLookuper
	in = netdev.Interfacer
	mc = netdev.Multicaster
	el = netdev.Netdever
)

// groups is a Multicaster on top of a simulated device.
type groups struct{}

func (groups) JoinGroup(int, netip.Addr, int) error       { return nil }
func (groups) SetMulticastInterface(int, bool, int) error { return nil }
func (groups) SetMulticastLoopback(int, bool, bool) error { return nil }

// lacking are the devices: without an interface, or without all.
func lacking(dev netdev.Netdever) map[string]netdev.Netdever {
	e, d, s, h, t, l, i, m := dev, dev.(dg), dev.(sn), dev.(sh), dev.(dl), dev.(nl), dev.(in), groups{}
	return map[string]netdev.Netdever{
		"": struct {
			el
			dg
			sn
			sh
			dl
			nl
			in
			mc
		}{e, d, s, h, t, l, i, m},
		"Datagrammer": struct {
			el
			sn
			sh
			dl
			nl
			in
			mc
		}{e, s, h, t, l, i, m},
		"SockNamer": struct {
			el
			dg
			sh
			dl
			nl
			in
			mc
		}{e, d, h, t, l, i, m},
		"Shutdowner": struct {
			el
			dg
			sn
			dl
			nl
			in
			mc
		}{e, d, s, t, l, i, m},
		"Deadliner, Interrupter": struct {
			el
			dg
			sn
			sh
			nl
			in
			mc
		}{e, d, s, h, l, i, m},
		"NetIPLookuper": struct {
			el
			dg
			sn
			sh
			dl
			in
			mc
		}{e, d, s, h, t, i, m},
		"Interfacer": struct {
			el
			dg
			sn
			sh
			dl
			nl
			mc
		}{e, d, s, h, t, l, m},
		"Multicaster": struct {
			el
			dg
			sn
			sh
			dl
			nl
			in
		}{e, d, s, h, t, l, i},
		"all": struct{ el }{e},
	}
}

// result is a cell of the table.
func (p probe) result(t *testing.T, w *world) string {
	done := make(chan error, 1)
	go func() { done <- p.run(w) }()
	var err error
	select {
	case err = <-done:
	case <-time.After(patience):
		t.Errorf("%s hangs", p.name)
		return "hangs"
	}
	if err == nil {
		return "yes"
	}
	if errors.As(err, &broken{}) {
		t.Errorf("%s: %v", p.name, err)
	}
	var op *net.OpError
	var de *net.DNSError
	switch {
	case errors.As(err, &de):
		return de.Err
	case errors.As(err, &op):
		return op.Err.Error()
	}
	return err.Error()
}

// TestPromiseTable tries each probe on a device with all optional interfaces, on
// devices that lack one, and on the loopback. docs/drivers.md has the results.
func TestPromiseTable(t *testing.T) {
	var columns []string
	cells := map[string]map[string]string{}
	try := func(name string, w *world, dev netdev.Netdever) {
		netdev.Use(dev)
		defer netdev.Use(nil)
		columns = append(columns, name)
		for _, p := range probes {
			t.Run(strings.ReplaceAll(p.name+"/"+name, " ", "_"), func(t *testing.T) {
				if cells[p.name] == nil {
					cells[p.name] = map[string]string{}
				}
				cells[p.name][name] = p.result(t, w)
			})
		}
	}
	var names []string
	for name := range lacking(simdev.New(simdev.Profile("good")).Netdever()) {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		wire := simdev.NewNetwork()
		conf := simdev.Profile("good")
		conf.Names = map[string]netip.Addr{"peer.example": netip.MustParseAddr("10.0.0.2")}
		dev, other := wire.Join(conf), wire.Join(simdev.Profile("good").At("10.0.0.2"))
		peer, err := devtest.Device(other.Netdever())
		if err != nil {
			t.Fatal(err)
		}
		try(name, &world{name: name, dev: dev, conf: conf, ip: dev.Config().Addr, peer: peer}, lacking(dev.Netdever())[name])
		dev.Halt()
		other.Halt()
	}
	home := netip.MustParseAddr("127.0.0.1")
	try("loopback", &world{name: "loopback", ip: home, peer: devtest.Computer(home)}, netdev.Loopback())

	for _, p := range probes {
		if len(cells[p.name]) != len(columns) {
			t.Skip("-run leaves out some of its parts")
		}
	}
	var rows strings.Builder
	for _, p := range probes {
		usual := cells[p.name][""]
		fmt.Fprintf(&rows, "| %s | %s | ", p.name, usual)
		var others []string
		for _, c := range columns {
			if got := cells[p.name][c]; c != "" && got != usual {
				others = append(others, "`"+c+"`: "+got)
			}
		}
		rows.WriteString(strings.Join(others, "; ") + " |\n")
	}
	const head = "| a program can | with all optional interfaces | without one, or on the loopback |\n|---|---|---|\n"
	const name = "../../docs/drivers.md"
	page, err := os.ReadFile(name)
	if err != nil {
		t.Skip("docs/drivers.md is not here")
	}
	before, after, found := strings.Cut(string(page), head)
	if !found {
		t.Fatalf("docs/drivers.md has no table with the head\n%s", head)
	}
	old, rest, _ := strings.Cut(after, "\n\n")
	switch {
	case old+"\n" == rows.String():
	case *updateTable:
		if err := os.WriteFile(name, []byte(before+head+rows.String()+"\n"+rest), 0o666); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("the table of docs/drivers.md is not up to date (tinynet go test -tags tinynet_port -run PromiseTable ./test/behaviour -args -update); it should be\n%s", rows.String())
	}
}

// TestPromisesCoverNet has a probe, or a reason for none, for each exported
// function and method of this Go's net.
func TestPromisesCoverNet(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(runtime.GOROOT(), "src", "net", "*.go"))
	if err != nil || len(files) == 0 {
		t.Skip("Go's source is not here")
	}
	covered := strings.Fields(noDevice)
	for _, p := range probes {
		covered = append(covered, strings.Fields(p.covers)...)
	}
	has := func(name string) bool {
		typ, _, _ := strings.Cut(name, ".")
		return slices.Contains(covered, name) || strings.Contains(name, ".") && slices.Contains(covered, typ+".*")
	}
	missing := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !fn.Name.IsExported() {
				continue
			}
			name := fn.Name.Name
			if fn.Recv != nil {
				typ := fn.Recv.List[0].Type
				if s, ok := typ.(*ast.StarExpr); ok {
					typ = s.X
				}
				id, ok := typ.(*ast.Ident)
				if !ok || !id.IsExported() {
					continue
				}
				name = id.Name + "." + name
			}
			if !has(name) {
				missing[name] = true
			}
		}
	}
	for name := range missing {
		t.Errorf("no probe covers net.%s, and noDevice does not list it", name)
	}
}
