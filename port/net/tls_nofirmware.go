//go:build tinynetport && !port.firmware

package net

// tlsFirmware is false on boards whose network firmware is not known to do TLS.
func tlsFirmware(netdever) bool { return false }

// exclusiveFirmware is false there, too.
func exclusiveFirmware(netdever) bool { return false }
