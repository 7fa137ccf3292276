//go:build tinynetport

package net

import (
	"context"
	"net/netip"
	"time"
)

// asksDevice reports whether the device that is set looks names up, and not
// Go's resolver: unless it is the system, or it names DNS servers, or the
// program has given r a way of its own to them.
func (r *Resolver) asksDevice(host string) bool {
	dev := currentDevice()
	if isLocalhostName(host) {
		return !dev.host // RFC 6761, section 6.3: never asked of anybody
	}
	return !dev.local && !dev.namesServers() && (r == nil || r.Dial == nil)
}

// namesServers reports whether the device knows DNS servers at this time.
func (d *device) namesServers() bool {
	if d.dns == nil {
		return false
	}
	servers, _ := d.dns.DNSConfig()
	return len(servers) > 0
}

// dnsConfig is what the device knows of DNS, nil if that is nothing.
func (d *device) dnsConfig() *dnsConfig {
	if d.dns == nil {
		return nil
	}
	servers, search := d.dns.DNSConfig()
	if len(servers) == 0 {
		return nil
	}
	conf := &dnsConfig{ndots: 1, timeout: 5 * time.Second, attempts: 2, noReload: true}
	for _, server := range servers {
		conf.servers = append(conf.servers, server.String())
	}
	for _, domain := range search {
		if domain != "" && domain[len(domain)-1] != '.' {
			domain += "."
		}
		conf.search = append(conf.search, domain)
	}
	return conf
}

func (r *Resolver) askDevice(ctx context.Context, network, host string) ([]IPAddr, error) {
	if isLocalhostName(host) {
		return localhostAddrs(network), nil
	}
	if r != nil && r.Dial != nil {
		return nil, errNoGoResolver
	}
	dev := currentDevice()
	var found []netip.Addr
	var err error
	if dev.lookups != nil {
		found, err = dev.lookups.LookupNetIP(ctx, network, host)
	} else {
		found = make([]netip.Addr, 1)
		found[0], err = dev.hostByName(ctx, host)
	}
	if err != nil {
		return nil, lookupFailure(mapErr(err), host)
	}
	var ips []IPAddr
	for _, ip := range found {
		ip = ip.Unmap()
		if ip.IsValid() && !(network == "ip4" && ip.Is6()) && !(network == "ip6" && ip.Is4()) {
			ips = append(ips, IPAddr{IP: ip.AsSlice(), Zone: ip.Zone()})
		}
	}
	if len(ips) == 0 {
		return nil, lookupFailure(errNoSuchHost, host)
	}
	return ips, nil
}

// hostByName gives GetHostByName a context: who waits leaves when it ends.
func (d *device) hostByName(ctx context.Context, host string) (netip.Addr, error) {
	if ctx.Done() == nil {
		return d.GetHostByName(host)
	}
	type answer struct {
		ip  netip.Addr
		err error
	}
	done := make(chan answer, 1)
	go func() {
		ip, err := d.GetHostByName(host)
		done <- answer{ip, err}
	}()
	select {
	case a := <-done:
		return a.ip, a.err
	case <-ctx.Done():
		return netip.Addr{}, ctx.Err()
	}
}

// lookupFailure makes a driver's error a *DNSError.
func lookupFailure(err error, host string) error {
	if e, ok := err.(*DNSError); ok {
		return e
	}
	e := &DNSError{Err: err.Error(), Name: host}
	if t, ok := err.(interface{ Timeout() bool }); ok && t.Timeout() {
		e.IsTimeout = true
	} else if err == error(errNoSuchHost) || err.Error() == "Host unknown" {
		// The second is ErrHostUnknown of the drivers, which net cannot import.
		e.Err, e.IsNotFound = errNoSuchHost.Error(), true
	}
	return e
}

func isLocalhostName(host string) bool {
	if n := len(host); n > 0 && host[n-1] == '.' {
		host = host[:n-1]
	}
	return stringsEqualFold(host, "localhost") || stringsHasSuffixFold(host, ".localhost")
}

func localhostAddrs(network string) []IPAddr {
	v4, v6 := IPAddr{IP: IPv4(127, 0, 0, 1)}, IPAddr{IP: IPv6loopback}
	switch network[len(network)-1] {
	case '4':
		return []IPAddr{v4}
	case '6':
		return []IPAddr{v6}
	}
	return []IPAddr{v4, v6}
}

// errNoGoResolver is the error of what only Go's DNS client can do, where it
// is not linked.
var errNoGoResolver error = &noGoResolverError{}

type noGoResolverError struct{}

func (*noGoResolverError) Error() string {
	return "Go's DNS client is not in this program: build it with -tags netgo"
}
