package tether

import (
	"net"
	"net/netip"
)

// Interfaces is netdev.Interfacer's: those of the computer.
func (d *Device) Interfaces() ([]net.Interface, error) {
	links, err := d.Links()
	if err != nil {
		return nil, err
	}
	list := make([]net.Interface, len(links))
	for i, l := range links {
		list[i] = net.Interface{Index: int(l.Index), MTU: int(l.MTU), Name: l.Name, HardwareAddr: l.Hardware, Flags: net.Flags(l.Flags)}
	}
	return list, nil
}

// InterfaceAddrs returns the addresses of the interface with this index.
func (d *Device) InterfaceAddrs(index int) ([]netip.Prefix, error) {
	links, err := d.Links()
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		if int(l.Index) == index {
			return l.Prefixes, nil
		}
	}
	return nil, nil
}
