//go:build tinynetport

package net

import "context"

func (r *Resolver) lookupHost(ctx context.Context, host string) ([]string, error) {
	return r.findHost(ctx, host)
}

func (r *Resolver) lookupIP(ctx context.Context, network, host string) ([]IPAddr, error) {
	return r.findIP(ctx, network, host)
}

func (r *Resolver) lookupCNAME(ctx context.Context, name string) (string, error) {
	return r.findCNAME(ctx, name)
}

func (r *Resolver) lookupPort(ctx context.Context, network, service string) (int, error) {
	return goLookupPort(network, service)
}
