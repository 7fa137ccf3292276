//go:build tinynetport && port.firmware

package net

import "reflect"

// tlsFirmware tells whether a driver is one of those whose firmware does TLS:
// they were written before a driver could say so. Others on the same board, say
// an Ethernet shield's, are not.
func tlsFirmware(dev netdever) bool {
	switch driverPath(dev) {
	case "tinygo.org/x/drivers/wifinina", "tinygo.org/x/drivers/rtl8720dn", "tinygo.org/x/drivers/espat", "tinygo.org/x/drivers/comboat":
		return true
	}
	return false
}

// exclusiveFirmware tells whether a driver, which cannot say so, keeps its lock
// while it waits in Recv.
func exclusiveFirmware(dev netdever) bool {
	return driverPath(dev) == "tinygo.org/x/drivers/comboat"
}

func driverPath(dev netdever) string {
	t := reflect.TypeOf(dev)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.PkgPath()
}
