package devtest

// Rules for the optional interfaces that are not about transfer: names,
// interfaces, families, groups, unix sockets and TLS.

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"time"

	"github.com/tinynet/tinynet/netdev"
)

func checkOptLookup(c *check) {
	d, ok := c.device().(netdev.NetIPLookuper)
	if !ok {
		c.skipf("it is no NetIPLookuper")
	}
	if c.Host == "" {
		c.skipf("the setup has no name")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*hang)
	defer cancel()
	all, err := d.LookupNetIP(ctx, "ip", c.Host)
	if err != nil || len(all) == 0 {
		c.failf("%s is at %v, %v", c.Host, all, err)
	}
	for _, network := range []string{"ip4", "ip6"} {
		found, err := d.LookupNetIP(ctx, network, c.Host)
		has := false
		for _, ip := range all {
			has = has || ip.Unmap().Is4() == (network == "ip4")
		}
		if has && (err != nil || len(found) == 0) || !has && err == nil && len(found) > 0 {
			c.failf("for ip %s is at %v, for %s at %v, %v", c.Host, all, network, found, err)
		}
		for _, ip := range found {
			if ip.Unmap().Is4() != (network == "ip4") {
				c.failf("for %s %s is at %v", network, c.Host, ip)
			}
		}
	}
	if found, err := d.LookupNetIP(ctx, "ip", "nobody.invalid"); err == nil {
		c.failf("nobody.invalid is at %v", found)
	} else if !notFound(err) {
		c.failf("nobody.invalid gives %q, which is no ErrHostUnknown", err)
	}
	over, end := context.WithCancel(context.Background())
	end()
	if !ends(hang, func() { _, err = d.LookupNetIP(over, "ip", "another.invalid") }) {
		c.failf("it does not end with its context")
	}
	if err == nil {
		c.failf("it succeeds although its context has ended")
	}
}

func checkOptInterfaces(c *check) {
	d, ok := c.device().(netdev.Interfacer)
	if !ok {
		c.skipf("it is no Interfacer")
	}
	all, err := d.Interfaces()
	if err != nil || len(all) == 0 {
		c.failf("Interfaces gives %v, %v", all, err)
	}
	own, err := c.Dev.Addr()
	if err != nil {
		c.skipf("Addr: %v", err)
	}
	seen, found := map[int]bool{1: true}, false
	for _, ifi := range all {
		if ifi.Index < 2 || ifi.Name == "" || seen[ifi.Index] {
			c.failf("an interface has the index %d and the name %q", ifi.Index, ifi.Name)
		}
		seen[ifi.Index] = true
		list, err := d.InterfaceAddrs(ifi.Index)
		if err != nil {
			c.failf("InterfaceAddrs(%d): %v", ifi.Index, err)
		}
		for _, p := range list {
			if !p.IsValid() {
				c.failf("InterfaceAddrs(%d) has the address %v", ifi.Index, p)
			}
			found = found || p.Addr().Unmap() == own.Unmap()
		}
	}
	if !found && !own.IsLoopback() {
		c.failf("no interface has the device's address %v", own)
	}
	if list, err := d.InterfaceAddrs(1 << 20); err == nil && len(list) > 0 {
		c.failf("an interface that is not there has the addresses %v", list)
	}
}

func checkOptFamilies(c *check) {
	d, ok := c.device().(netdev.AddressFamilies)
	if !ok {
		c.skipf("it has no AddressFamilies")
	}
	ip4, ip6, mapped := d.AddressFamilies()
	if !ip4 && !ip6 || mapped && !(ip4 && ip6) {
		c.failf("it says %v, %v, %v", ip4, ip6, mapped)
	}
	for domain, says := range map[int]bool{netdev.AF_INET: ip4, netdev.AF_INET6: ip6} {
		num, err := c.Dev.Socket(domain, netdev.SOCK_STREAM, netdev.IPPROTO_TCP)
		if says != (err == nil) {
			c.failf("it says %v, %v, %v, and Socket of family %d gives %d, %v", ip4, ip6, mapped, domain, num, err)
		}
		if err == nil && domain == netdev.AF_INET6 {
			c.bind6(num, netdev.SOCK_STREAM, mapped)
			num, err := c.Dev.Socket(domain, netdev.SOCK_DGRAM, netdev.IPPROTO_UDP)
			if err != nil {
				c.failf("it says %v, %v, %v, and Socket of datagrams of family %d gives %v", ip4, ip6, mapped, domain, err)
			}
			c.bind6(num, netdev.SOCK_DGRAM, mapped)
		}
	}
}

// bind6 gives an IPv6 socket a port, as net does for a listener.
func (c *check) bind6(num, stype int, mapped bool) {
	c.Dev.SetSockOpt(num, netdev.SOL_IPV6, netdev.IPV6_V6ONLY, !mapped)
	if stype == netdev.SOCK_DGRAM {
		c.Dev.SetSockOpt(num, netdev.SOL_SOCKET, netdev.SO_BROADCAST, true)
	} else {
		c.Dev.SetSockOpt(num, netdev.SOL_SOCKET, netdev.SO_REUSEADDR, true)
	}
	if err := c.Dev.Bind(num, netip.AddrPortFrom(netip.IPv6Unspecified(), uint16(28000+nextPort.Add(1)%2000))); err != nil {
		c.failf("Bind of an IPv6 socket: %v", err)
	}
}

func checkOptDNS(c *check) {
	d, ok := c.device().(netdev.DNSConfigurer)
	if !ok {
		c.skipf("it is no DNSConfigurer")
	}
	servers, _ := d.DNSConfig()
	if len(servers) == 0 {
		c.skipf("it knows no server")
	}
	for _, s := range servers {
		if !s.IsValid() || s.Port() == 0 {
			c.failf("a server is at %v", s)
		}
	}
}

func checkOptMulticast(c *check) {
	d, ok := c.device().(netdev.Multicaster)
	if !ok {
		c.skipf("it is no Multicaster")
	}
	num := c.socket(netdev.SOCK_DGRAM)
	c.Dev.SetSockOpt(num, netdev.SOL_SOCKET, netdev.SO_REUSEADDR, true)
	if err := c.Dev.Bind(num, anyAddr(30000+nextPort.Add(1)%2000)); err != nil {
		c.skipf("Bind: %v", err)
	}
	if err := d.SetMulticastLoopback(num, false, false); err != nil {
		c.failf("SetMulticastLoopback: %v", err)
	}
	if err := d.JoinGroup(num, netip.AddrFrom4([4]byte{224, 0, 0, 251}), 0); err != nil {
		c.failf("JoinGroup of 224.0.0.251: %v", err)
	}
	if err := d.JoinGroup(num, netip.AddrFrom4([4]byte{10, 1, 2, 3}), 0); err == nil {
		c.failf("JoinGroup of 10.1.2.3, which is no group, succeeds")
	}
}

// anyAddr is the unspecified address, with a port.
func anyAddr(port uint32) netip.AddrPort {
	return netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(port))
}

func checkOptUnix(c *check) {
	d, ok := c.device().(netdev.UnixNamer)
	if !ok {
		c.skipf("it is no UnixNamer")
	}
	if _, ok := c.device().(netdev.Deadliner); !ok {
		c.failf("it is a UnixNamer and no Deadliner")
	}
	open := func() int {
		num, err := c.Dev.Socket(netdev.AF_UNIX, netdev.SOCK_STREAM, 0)
		if err != nil {
			c.failf("Socket: %v", err)
		}
		return num
	}
	l := open()
	if err := d.BindUnix(l, ""); err != nil { // a name of its choice
		c.failf("BindUnix: %v", err)
	}
	name, err := d.SocknameUnix(l)
	if err != nil || name == "" {
		c.failf("SocknameUnix gives %q, %v", name, err)
	}
	if err := c.Dev.Listen(l, backlog); err != nil {
		c.failf("Listen: %v", err)
	}
	r := background(func(r *call) { r.n, _, r.err = d.AcceptUnix(l) })
	num := open()
	if !ends(hang, func() { err = d.ConnectUnix(num, name) }) || err != nil {
		c.failf("ConnectUnix of %q: %v", name, err)
	}
	if !r.wait(hang) || r.err != nil {
		c.failf("AcceptUnix: %v", r.err)
	}
	defer c.Dev.Close(r.n)
	if n, err := c.Dev.Send(num, []byte("hello"), 0, time.Time{}); n != 5 || err != nil {
		c.failf("Send gives %d, %v", n, err)
	}
	if got, err := c.receive(r.n, 5); string(got) != "hello" {
		c.failf("Recv gives %q, %v", got, err)
	}

	// Datagrams, with names of ours.
	gram := func(name string) int {
		num, err := c.Dev.Socket(netdev.AF_UNIX, netdev.SOCK_DGRAM, 0)
		if err != nil {
			c.failf("Socket of datagrams: %v", err)
		}
		if err := d.BindUnix(num, name); err != nil {
			c.failf("BindUnix of %q: %v", name, err)
		}
		if is, err := d.SocknameUnix(num); err != nil || is != name {
			c.failf("SocknameUnix of %q gives %q, %v", name, is, err)
		}
		return num
	}
	id := strconv.Itoa(int(nextPort.Add(1)))
	a, b := gram("@devtest-a-"+id), gram("@devtest-b-"+id)
	if n, err := d.SendToUnix(a, []byte("hello"), "@devtest-b-"+id); n != 5 || err != nil {
		c.failf("SendToUnix gives %d, %v", n, err)
	}
	buf := make([]byte, 10)
	r = background(func(r *call) {
		var from string
		if r.n, from, r.err = d.RecvFromUnix(b, buf); r.err == nil && from != "@devtest-a-"+id {
			r.err = errors.New("it is from " + from)
		}
	})
	if !r.wait(hang) || r.n != 5 || r.err != nil {
		c.failf("RecvFromUnix gives %d, %v", r.n, r.err)
	}
}

func checkOptTLS(c *check) {
	d, ok := c.device().(netdev.TLSOffload)
	if !ok {
		c.skipf("it has no TLSOffload")
	}
	num, err := c.Dev.Socket(netdev.AF_INET, netdev.SOCK_STREAM, netdev.IPPROTO_TLS)
	if says := d.TLSOffload(); says != (err == nil) {
		c.failf("TLSOffload gives %v, and Socket with IPPROTO_TLS %d, %v", says, num, err)
	}
	if err == nil {
		c.skipf("whether it checks certificates takes a server with a wrong one")
	}
}
