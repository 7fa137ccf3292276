//go:build tinynetport && !port.dnsclient

package net

import "context"

// linksGoResolver says that Go's own DNS client is linked. On a board it is not,
// unless asked for: it takes 150 kB of flash, and most devices resolve names. With
// TinyGo for Windows it cannot be: see port.dnsclient in conditions.toml.
// The calls to it have to be in another file: TinyGo links the methods of its
// types also for calls that can't be reached.
// See docs/RATIONALE.md, "No DNS client on boards".
const linksGoResolver = false

// Go's DNS client wants these three to be built.

func (r *Resolver) dialServer(ctx context.Context, network, server string) (Conn, error) {
	return r.dial(ctx, network, server)
}

func sortByRFC6724([]IPAddr) {}

func (d *device) dnsConfig() *dnsConfig { return nil }

func (r *Resolver) findHost(ctx context.Context, host string) ([]string, error) {
	if r != nil && r.Dial != nil && !isLocalhostName(host) {
		return nil, errNoGoResolver
	}
	return r.askDeviceHost(ctx, host)
}

func (r *Resolver) findIP(ctx context.Context, network, host string) ([]IPAddr, error) {
	if r != nil && r.Dial != nil && !isLocalhostName(host) {
		return nil, errNoGoResolver
	}
	return r.askDevice(ctx, network, host)
}

func (r *Resolver) findCNAME(context.Context, string) (string, error) {
	return "", errNoGoResolver
}

// errNoGoResolver is the error of what only Go's DNS client can do, where it
// is not linked.
var errNoGoResolver error = &noGoResolverError{}

type noGoResolverError struct{}

func (*noGoResolverError) Error() string {
	return "Go's DNS client is not in this program: build it with -tags netgo"
}
