//go:build tinynetport

package net

import (
	"context"
	"net/netip"
)

// askDevice looks a name up without Go's resolver.
func (r *Resolver) askDevice(ctx context.Context, network, host string) ([]IPAddr, error) {
	if isLocalhostName(host) {
		return localhostAddrs(network), nil
	}
	// Callers say tcp4 as well as ip4: a device is told of IP alone.
	version := ipVersion(network)
	network = "ip"
	if version != 0 {
		network += string(rune(version))
	}
	dev := currentDevice()
	var found []netip.Addr
	var err error
	if dev.lookups != nil {
		found, err = dev.lookups.LookupNetIP(ctx, network, host)
	} else if version == '6' && !dev.ip6 {
		err = errNoIPv6 // GetHostByName may know another address of the name
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
		if ip.IsValid() && !(version == '4' && ip.Is6()) && !(version == '6' && ip.Is4()) {
			ips = append(ips, IPAddr{IP: ip.AsSlice(), Zone: ip.Zone()})
		}
	}
	if len(ips) == 0 {
		return nil, lookupFailure(errNoSuchHost, host)
	}
	return ips, nil
}

func (r *Resolver) askDeviceHost(ctx context.Context, host string) ([]string, error) {
	ips, err := r.askDevice(ctx, "ip", host)
	names := make([]string, len(ips))
	for i, ip := range ips {
		names[i] = ip.String()
	}
	return names, err
}

// hostByName gives GetHostByName a context: who waits leaves when it ends.
func (d *device) hostByName(ctx context.Context, host string) (netip.Addr, error) {
	if alone || ctx.Done() == nil {
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
	switch f := faultOf(err); {
	case f == faultNoHost || sameError(err, errNoSuchHost):
		e.Err, e.IsNotFound = errNoSuchHost.Error(), true
	case f == faultDeadline || f == faultTimeout:
		e.IsTimeout = true
	case f == faultNoSocket:
		e.IsTemporary = true
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
