//go:build tinynet_port

package behaviour_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/tinynet/tinynet/netdev"
)

// A dnsDevice is a device that names DNS servers, which are on the loopback,
// and knows no names itself.
type dnsDevice struct {
	netdev.Netdever
	servers []netip.AddrPort
	search  []string
}

func (d *dnsDevice) GetHostByName(name string) (netip.Addr, error) {
	return netip.Addr{}, errors.New("the device was asked")
}

func (d *dnsDevice) DNSConfig() ([]netip.AddrPort, []string) { return d.servers, d.search }

// A dnsServer answers over UDP and TCP on the loopback.
type dnsServer struct {
	addr netip.AddrPort
	// answer makes the answers to a query; none is silence.
	answer func(query dnsmessage.Message, tcp bool) [][]byte

	mu    sync.Mutex
	asked []string // names, with what they were asked over
}

// startDNS starts a server, and makes a device the one of package net that names
// it.
func startDNS(t *testing.T, answer func(query dnsmessage.Message, tcp bool) [][]byte, search ...string) *dnsServer {
	t.Helper()
	dev := &dnsDevice{Netdever: netdev.Loopback(), search: search}
	netdev.Use(dev)
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &dnsServer{addr: udp.LocalAddr().(*net.UDPAddr).AddrPort(), answer: answer}
	dev.servers = []netip.AddrPort{s.addr}
	tcp, err := net.Listen("tcp", s.addr.String())
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Add(2)
	go func() {
		defer done.Done()
		buf := make([]byte, 4096)
		for {
			n, from, err := udp.ReadFrom(buf)
			if err != nil {
				return
			}
			for _, a := range s.reply(buf[:n], false) {
				udp.WriteTo(a, from)
			}
		}
	}()
	go func() {
		defer done.Done()
		for {
			c, err := tcp.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 4096)
			if n, err := c.Read(buf); err == nil && n > 2 {
				for _, a := range s.reply(buf[2:n], true) {
					c.Write(append([]byte{byte(len(a) >> 8), byte(len(a))}, a...))
				}
			}
			c.Close()
		}
	}()
	t.Cleanup(func() {
		udp.Close()
		tcp.Close()
		done.Wait()
		netdev.Use(nil)
	})
	return s
}

func (s *dnsServer) reply(packet []byte, tcp bool) [][]byte {
	var query dnsmessage.Message
	if query.Unpack(packet) != nil || len(query.Questions) != 1 {
		return nil
	}
	over := " udp"
	if tcp {
		over = " tcp"
	}
	s.mu.Lock()
	s.asked = append(s.asked, query.Questions[0].Name.String()+over)
	s.mu.Unlock()
	return s.answer(query, tcp)
}

// answerTo makes an answer to a query.
func answerTo(query dnsmessage.Message, change func(m *dnsmessage.Message)) []byte {
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: query.ID, Response: true, RecursionAvailable: true, RecursionDesired: true},
		Questions: query.Questions,
	}
	change(&m)
	packed, err := m.Pack()
	if err != nil {
		panic(err)
	}
	return packed
}

func resource(q dnsmessage.Question, body dnsmessage.ResourceBody) dnsmessage.Resource {
	return dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 60}, Body: body}
}

// records answers what a small zone has.
func records(query dnsmessage.Message, tcp bool) [][]byte {
	q := query.Questions[0]
	name := dnsmessage.MustNewName
	return [][]byte{answerTo(query, func(m *dnsmessage.Message) {
		add := func(bodies ...dnsmessage.ResourceBody) {
			for _, body := range bodies {
				m.Answers = append(m.Answers, resource(q, body))
			}
		}
		switch key := q.Name.String() + " " + q.Type.String(); key {
		case "host.example. TypeA":
			add(&dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}})
		case "host.example. TypeAAAA":
			add(&dnsmessage.AAAAResource{AAAA: netip.MustParseAddr("2001:db8::1").As16()})
		case "alias.example. TypeA", "alias.example. TypeAAAA":
			add(&dnsmessage.CNAMEResource{CNAME: name("host.example.")})
			if q.Type == dnsmessage.TypeA {
				r := resource(q, &dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}})
				r.Header.Name = name("host.example.")
				m.Answers = append(m.Answers, r)
			}
		case "mail.example. TypeMX":
			add(&dnsmessage.MXResource{Pref: 20, MX: name("b.example.")}, &dnsmessage.MXResource{Pref: 10, MX: name("a.example.")})
		case "zone.example. TypeNS":
			add(&dnsmessage.NSResource{NS: name("ns.example.")})
		case "_http._tcp.zone.example. TypeSRV":
			add(&dnsmessage.SRVResource{Priority: 1, Weight: 2, Port: 8080, Target: name("host.example.")})
		case "text.example. TypeTXT":
			add(&dnsmessage.TXTResource{TXT: []string{"v=1 ", "and more"}})
		case "1.2.0.192.in-addr.arpa. TypePTR":
			add(&dnsmessage.PTRResource{PTR: name("host.example.")})
		case "large.example. TypeTXT":
			if m.Truncated = !tcp; tcp {
				for i := range 40 {
					add(&dnsmessage.TXTResource{TXT: []string{fmt.Sprintf("%03d%s", i, strings.Repeat("x", 100))}})
				}
			}
		default:
			m.RCode = dnsmessage.RCodeNameError
		}
	})}
}

func TestDNSRecords(t *testing.T) {
	server := startDNS(t, records, "other.example", "example")
	r, ctx := net.DefaultResolver, context.Background()
	check := func(what string, got, want any, err error) {
		t.Helper()
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, %v, want %v", what, got, err, want)
		}
	}
	addrs, err := r.LookupHost(ctx, "host.example")
	slices.Sort(addrs)
	check("A and AAAA", addrs, []string{"192.0.2.1", "2001:db8::1"}, err)
	addrs, err = r.LookupHost(ctx, "host")
	slices.Sort(addrs)
	check("search domains", addrs, []string{"192.0.2.1", "2001:db8::1"}, err)
	cname, err := r.LookupCNAME(ctx, "alias.example")
	check("CNAME", cname, "host.example.", err)
	ips, err := r.LookupNetIP(ctx, "ip4", "alias.example")
	check("A of a CNAME", ips, "[192.0.2.1]", err)
	mx, err := r.LookupMX(ctx, "mail.example")
	if err != nil || len(mx) != 2 || mx[0].Host != "a.example." || mx[0].Pref != 10 || mx[1].Host != "b.example." {
		t.Errorf("MX: %v, %v", mx, err)
	}
	ns, err := r.LookupNS(ctx, "zone.example")
	if err != nil || len(ns) != 1 || ns[0].Host != "ns.example." {
		t.Errorf("NS: %v, %v", ns, err)
	}
	_, srv, err := r.LookupSRV(ctx, "http", "tcp", "zone.example")
	if err != nil || len(srv) != 1 || *srv[0] != (net.SRV{Target: "host.example.", Port: 8080, Priority: 1, Weight: 2}) {
		t.Errorf("SRV: %v, %v", srv, err)
	}
	txt, err := r.LookupTXT(ctx, "text.example")
	check("TXT", txt, []string{"v=1 and more"}, err)
	ptr, err := r.LookupAddr(ctx, "192.0.2.1")
	check("PTR", ptr, []string{"host.example."}, err)
	large, err := r.LookupTXT(ctx, "large.example")
	check("a large answer", len(large), 40, err)
	server.mu.Lock()
	over := server.asked[len(server.asked)-2:]
	server.mu.Unlock()
	check("fallback to TCP", over, "[large.example. udp large.example. tcp]", nil)
	_, err = r.LookupHost(ctx, "nobody.example")
	var de *net.DNSError
	if !errors.As(err, &de) || !de.IsNotFound || de.Name != "nobody.example" {
		t.Errorf("LookupHost of nobody gives %#v", err)
	}
}

// TestDNSBadAnswers has a server that sends something bad first. What belongs to
// no query is passed over, what is wrong is an error, and soon.
func TestDNSBadAnswers(t *testing.T) {
	good := func(query dnsmessage.Message) []byte { return records(query, false)[0] }
	mangle := func(f func(p []byte) []byte) func(dnsmessage.Message, bool) [][]byte {
		return func(query dnsmessage.Message, tcp bool) [][]byte { return [][]byte{f(good(query))} }
	}
	for name, test := range map[string]struct {
		answer func(dnsmessage.Message, bool) [][]byte
		ok     bool
	}{
		"wrong id, then right": {func(q dnsmessage.Message, tcp bool) [][]byte {
			bad := good(q)
			bad[0] ^= 0xff
			return [][]byte{bad, good(q)}
		}, true},
		"another question, then right": {func(q dnsmessage.Message, tcp bool) [][]byte {
			other := q
			other.Questions = []dnsmessage.Question{{Name: dnsmessage.MustNewName("evil.example."), Type: q.Questions[0].Type, Class: dnsmessage.ClassINET}}
			return [][]byte{answerTo(other, func(m *dnsmessage.Message) {
				m.Answers = append(m.Answers, resource(other.Questions[0], &dnsmessage.AResource{A: [4]byte{6, 6, 6, 6}}))
			}), good(q)}
		}, true},
		"noise, then right": {func(q dnsmessage.Message, tcp bool) [][]byte {
			return [][]byte{{}, {1}, []byte("not DNS at all"), good(q)}
		}, true},
		"a query as answer, then right": {func(q dnsmessage.Message, tcp bool) [][]byte {
			p, _ := q.Pack()
			return [][]byte{p, good(q)}
		}, true},
		"cut in the middle": {mangle(func(p []byte) []byte { return p[:len(p)-3] }), false},
		"only the question": {mangle(func(p []byte) []byte { return p[:len(p)-16] }), false},
		"a loop of compressed names": {mangle(func(p []byte) []byte {
			end := len(p) - 16 // the name of the answer
			p[end], p[end+1] = 0xc0, byte(end)
			return p
		}), false},
		"more answers than there are": {mangle(func(p []byte) []byte { p[6], p[7] = 0xff, 0xff; return p }), true}, // Go takes those that there are
		"refused": {func(q dnsmessage.Message, tcp bool) [][]byte {
			return [][]byte{answerTo(q, func(m *dnsmessage.Message) { m.RCode = dnsmessage.RCodeRefused })}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			startDNS(t, test.answer)
			done := make(chan error, 1)
			var ips []netip.Addr
			go func() {
				var err error
				ips, err = net.DefaultResolver.LookupNetIP(context.Background(), "ip4", "host.example.")
				done <- err
			}()
			err := soon(t, "LookupNetIP", done)
			var de *net.DNSError
			switch {
			case test.ok && (err != nil || len(ips) != 1 || ips[0] != netip.MustParseAddr("192.0.2.1")):
				t.Errorf("%v, %v", ips, err)
			case !test.ok && !errors.As(err, &de):
				t.Errorf("%v, %v, want a *DNSError", ips, err)
			}
		})
	}
}

// TestDNSSilence has a server that never answers: a context ends the lookup.
func TestDNSSilence(t *testing.T) {
	startDNS(t, func(dnsmessage.Message, bool) [][]byte { return nil })
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := net.DefaultResolver.LookupHost(ctx, "host.example.")
		done <- err
	}()
	err := soon(t, "LookupHost", done)
	var de *net.DNSError
	if !errors.As(err, &de) || !de.IsTimeout {
		t.Errorf("%#v, want a *DNSError that is a timeout", err)
	}
}

// A scriptedDNS is the connection of a Resolver.Dial: it answers with packets
// that are given beforehand.
type scriptedDNS struct {
	net.Conn // has none of the other methods
	id       [2]byte
	patch    bool // give the answers the id of the query
	answers  [][]byte
	rest     []byte // of a stream
}

func (c *scriptedDNS) Write(p []byte) (int, error) { return len(p), nil }
func (c *scriptedDNS) Close() error                { return nil }
func (c *scriptedDNS) SetDeadline(time.Time) error { return nil }
func (c *scriptedDNS) LocalAddr() net.Addr         { return &net.UDPAddr{} }
func (c *scriptedDNS) RemoteAddr() net.Addr        { return &net.UDPAddr{} }
func (c *scriptedDNS) next(id []byte) (p []byte, ok bool) {
	if len(c.answers) == 0 {
		return nil, false
	}
	p, c.answers = slices.Clone(c.answers[0]), c.answers[1:]
	if c.patch && len(p) >= 2 {
		copy(p, id)
	}
	return p, true
}

// scriptedUDP is one where a Read is a datagram.
type scriptedUDP struct {
	scriptedDNS
	net.PacketConn // never called: what the resolver asks is whether it is there
}

func (c *scriptedUDP) Close() error                     { return nil }
func (c *scriptedUDP) SetDeadline(time.Time) error      { return nil }
func (c *scriptedUDP) LocalAddr() net.Addr              { return &net.UDPAddr{} }
func (c *scriptedUDP) SetReadDeadline(time.Time) error  { return nil }
func (c *scriptedUDP) SetWriteDeadline(time.Time) error { return nil }
func (c *scriptedUDP) Write(p []byte) (int, error) {
	copy(c.id[:], p)
	return len(p), nil
}

func (c *scriptedUDP) Read(p []byte) (int, error) {
	answer, ok := c.next(c.id[:])
	if !ok {
		return 0, os.ErrDeadlineExceeded
	}
	return copy(p, answer), nil
}

// scriptedTCP is one where answers have their length in front.
type scriptedTCP struct{ scriptedDNS }

func (c *scriptedTCP) Write(p []byte) (int, error) {
	if len(p) >= 4 {
		copy(c.id[:], p[2:])
	}
	return len(p), nil
}

func (c *scriptedTCP) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		answer, ok := c.next(c.id[:])
		if !ok {
			return 0, os.ErrDeadlineExceeded
		}
		c.rest = append([]byte{byte(len(answer) >> 8), byte(len(answer))}, answer...)
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// FuzzDNSAnswer gives Go's resolver, as it is in the port, any answers. Whatever
// they are, each lookup ends, and its error is a *DNSError.
func FuzzDNSAnswer(f *testing.F) {
	var query dnsmessage.Message
	for _, kind := range []string{"host.example. TypeA", "alias.example. TypeA", "mail.example. TypeMX", "zone.example. TypeNS",
		"_http._tcp.zone.example. TypeSRV", "text.example. TypeTXT", "1.2.0.192.in-addr.arpa. TypePTR", "host.example. TypeAAAA"} {
		name, typ, _ := strings.Cut(kind, " ")
		for _, t := range []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA, dnsmessage.TypeMX, dnsmessage.TypeNS, dnsmessage.TypeSRV, dnsmessage.TypeTXT, dnsmessage.TypePTR} {
			if t.String() == typ {
				query.Questions = []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: t, Class: dnsmessage.ClassINET}}
			}
		}
		answer := records(query, true)[0]
		f.Add(answer, true, false)
		f.Add(answer[:len(answer)-4], true, true)
		f.Add(append(answer, make([]byte, 2000)...), true, false)
	}
	f.Fuzz(func(t *testing.T, answer []byte, patch, tcp bool) {
		if len(answer) > 0xffff {
			return
		}
		r := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			c := scriptedDNS{patch: patch, answers: [][]byte{answer, answer[len(answer)/2:], answer}}
			if tcp || network == "tcp" {
				return &scriptedTCP{c}, nil
			}
			return &struct{ *scriptedUDP }{&scriptedUDP{scriptedDNS: c}}, nil
		}}
		ctx := context.Background()
		for what, lookup := range map[string]func() (int, error){
			"LookupHost":  func() (int, error) { v, err := r.LookupHost(ctx, "host.example."); return len(v), err },
			"LookupMX":    func() (int, error) { v, err := r.LookupMX(ctx, "mail.example."); return len(v), err },
			"LookupNS":    func() (int, error) { v, err := r.LookupNS(ctx, "zone.example."); return len(v), err },
			"LookupTXT":   func() (int, error) { v, err := r.LookupTXT(ctx, "text.example."); return len(v), err },
			"LookupAddr":  func() (int, error) { v, err := r.LookupAddr(ctx, "192.0.2.1"); return len(v), err },
			"LookupCNAME": func() (int, error) { v, err := r.LookupCNAME(ctx, "alias.example."); return len(v), err },
			"LookupSRV": func() (int, error) {
				_, v, err := r.LookupSRV(ctx, "http", "tcp", "zone.example.")
				return len(v), err
			},
		} {
			n, err := lookup()
			var de *net.DNSError
			if err != nil && !errors.As(err, &de) {
				t.Errorf("%s: %#v, want a *DNSError", what, err)
			}
			if n > len(answer) {
				t.Errorf("%s: %d results from %d bytes", what, n, len(answer))
			}
		}
	})
}
