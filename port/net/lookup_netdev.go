//go:build tinynetport

package net

import (
	"context"
	"net/netip"
)

// askDevice looks a name up with the device's own resolver. ok is false where
// Go's resolver is to do it: on a hosted system, or when the program has given
// r a way of its own.
func (r *Resolver) askDevice(ctx context.Context, network, host string) (ips []IPAddr, err error, ok bool) {
	dev := currentDevice()
	if dev.host || r != nil && r.Dial != nil {
		return nil, nil, false
	}
	if isLocalhostName(host) {
		// RFC 6761, section 6.3: never asked of anybody.
		return localhostAddrs(network), nil, true
	}
	var found []netip.Addr
	switch {
	case dev.local:
		return nil, nil, hosted == false // no device at all
	case dev.lookups != nil:
		found, err = dev.lookups.LookupNetIP(ctx, network, host)
	default:
		var ip netip.Addr
		if ip, err = dev.GetHostByName(host); err == nil {
			found = []netip.Addr{ip}
		}
	}
	for _, ip := range found {
		ip = ip.Unmap()
		if ip.IsValid() && !(network == "ip4" && ip.Is6()) && !(network == "ip6" && ip.Is4()) {
			ips = append(ips, IPAddr{IP: ip.AsSlice(), Zone: ip.Zone()})
		}
	}
	switch {
	case err != nil:
		return nil, lookupFailure(err, host), true
	case len(ips) == 0:
		return nil, lookupFailure(errNoSuchHost, host), true
	}
	return ips, nil, true
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
