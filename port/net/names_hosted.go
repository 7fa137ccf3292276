//go:build tinynetport && !port.board

package net

// A serviceMap has the ports of services by their names.
type serviceMap map[string]int

func servicesOf(network string) (serviceMap, bool) {
	m, ok := services[network]
	return m, ok
}

func (m serviceMap) port(name string) (int, bool) {
	port, ok := m[name]
	return port, ok
}

func protocolOf(name string) (int, bool) {
	number, ok := protocols[name]
	return number, ok
}
