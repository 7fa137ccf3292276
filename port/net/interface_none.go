//go:build tinynetport && !port.sockets && !windows

package net

// What the system would tell about interfaces, where it is not asked.

func hostInterfaceTable(int) ([]Interface, error)                { return nil, nil }
func hostInterfaceAddrTable(*Interface) ([]Addr, error)          { return nil, nil }
func hostInterfaceMulticastAddrTable(*Interface) ([]Addr, error) { return nil, nil }
