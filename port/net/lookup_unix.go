//go:build tinynetport

package net

import "context"

func (r *Resolver) lookupPort(ctx context.Context, network, service string) (int, error) {
	return goLookupPort(network, service)
}
