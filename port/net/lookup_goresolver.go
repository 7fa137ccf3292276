//go:build tinynetport && port.dnsclient

package net

import (
	"context"
	"time"
)

// linksGoResolver says that Go's own DNS client is linked.
const linksGoResolver = true

// asksDevice reports whether the device that is set looks names up, and not
// Go's resolver: unless it is the system, or it names DNS servers, or the
// program has given r a way of its own to them.
func (r *Resolver) asksDevice(host string) bool {
	dev := currentDevice()
	if isLocalhostName(host) {
		return !dev.host // RFC 6761, section 6.3: never asked of anybody
	}
	return (!dev.reachesLocal || dev.lookups != nil) && !dev.namesServers() && (r == nil || r.Dial == nil)
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

// dialServer connects to a DNS server. The program's own way to one is always
// taken; a device that names no server has none, and this computer's are not its.
func (r *Resolver) dialServer(ctx context.Context, network, server string) (Conn, error) {
	if r == nil || r.Dial == nil {
		switch dev := currentDevice(); {
		case ctx.Err() != nil: // which is what to say of a lookup that was given up
			return nil, mapErr(ctx.Err())
		case dev.loop != nil:
			return nil, errOffBoard
		case !dev.host && !dev.namesServers():
			return nil, errNoServers
		}
	}
	return r.dial(ctx, network, server)
}

func (r *Resolver) findHost(ctx context.Context, host string) ([]string, error) {
	if r.asksDevice(host) {
		return r.askDeviceHost(ctx, host)
	}
	return r.systemHost(ctx, host)
}

func (r *Resolver) findIP(ctx context.Context, network, host string) ([]IPAddr, error) {
	if r.asksDevice(host) {
		return r.askDevice(ctx, network, host)
	}
	return r.systemIP(ctx, network, host)
}

func (r *Resolver) findCNAME(ctx context.Context, name string) (string, error) {
	return r.systemCNAME(ctx, name)
}
