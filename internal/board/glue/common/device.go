//go:build tinynetport

package net

import (
	"net/http/tether"
	"net/netip"
)

// tetherDevice is the device that an emulated board has from the start.
type tetherDevice struct{ *tether.Device }

func (d tetherDevice) Interfaces() ([]Interface, error) {
	links, err := d.Links()
	if err != nil {
		return nil, err
	}
	list := make([]Interface, len(links))
	for i, l := range links {
		list[i] = Interface{Index: int(l.Index), MTU: int(l.MTU), Name: l.Name, HardwareAddr: l.Hardware, Flags: Flags(l.Flags)}
	}
	return list, nil
}

func (d tetherDevice) InterfaceAddrs(index int) ([]netip.Prefix, error) {
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

var boardNetdev netdever

func init() {
	boardNetdev = tetherDevice{tether.New(tetherLine(), tether.Config{})}
	useNetdev(boardNetdev)
}
