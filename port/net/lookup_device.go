//go:build tinynetport

package net

import "context"

// Go's own lookups are systemHost, systemIP and systemCNAME here, because the
// device comes first.

func (r *Resolver) lookupHost(ctx context.Context, host string) ([]string, error) {
	return r.findHost(ctx, host)
}

func (r *Resolver) lookupIP(ctx context.Context, network, host string) ([]IPAddr, error) {
	return r.findIP(ctx, network, host)
}

func (r *Resolver) lookupCNAME(ctx context.Context, name string) (string, error) {
	return r.findCNAME(ctx, name)
}
