//go:build tinynetport

package net

// probe asks the device that is there at its first use. Sockets ask their own
// device each time; this is for what Go's shared code wants to know.
func (p *ipStackCapabilities) probe() {
	dev := currentDevice()
	p.ipv4Enabled, p.ipv6Enabled, p.ipv4MappedIPv6Enabled = dev.ip4, dev.ip6, dev.mapped
}

func maxListenerBacklog() int { return 128 }

// concurrentThreadsLimit bounds the lookups that run at once.
func concurrentThreadsLimit() int { return maxLookups }
