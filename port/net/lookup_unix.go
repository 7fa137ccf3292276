//go:build tinynetport

package net

import "context"

func (r *Resolver) lookupHost(ctx context.Context, host string) ([]string, error) {
	if ips, err, ok := r.askDevice(ctx, "ip", host); ok {
		names := make([]string, len(ips))
		for i, ip := range ips {
			names[i] = ip.String()
		}
		return names, err
	}
	order, conf := systemConf().hostLookupOrder(r, host)
	return r.goLookupHostOrder(ctx, host, order, conf)
}

func (r *Resolver) lookupIP(ctx context.Context, network, host string) ([]IPAddr, error) {
	if ips, err, ok := r.askDevice(ctx, network, host); ok {
		return ips, err
	}
	order, conf := systemConf().hostLookupOrder(r, host)
	ips, _, err := r.goLookupIPCNAMEOrder(ctx, network, host, order, conf)
	return ips, err
}
