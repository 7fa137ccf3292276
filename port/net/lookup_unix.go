//go:build tinynetport

package net

import "context"

func (r *Resolver) lookupHost(ctx context.Context, host string) ([]string, error) {
	if !linksGoResolver || r.asksDevice(host) {
		ips, err := r.askDevice(ctx, "ip", host)
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
	if !linksGoResolver || r.asksDevice(host) {
		return r.askDevice(ctx, network, host)
	}
	order, conf := systemConf().hostLookupOrder(r, host)
	ips, _, err := r.goLookupIPCNAMEOrder(ctx, network, host, order, conf)
	return ips, err
}

func (r *Resolver) lookupCNAME(ctx context.Context, name string) (string, error) {
	if !linksGoResolver {
		return "", errNoGoResolver
	}
	order, conf := systemConf().hostLookupOrder(r, name)
	return r.goLookupCNAME(ctx, name, order, conf)
}
