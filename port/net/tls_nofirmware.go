//go:build tinynetport && !(ninafw || wioterminal || challenger_rp2040 || comboat_fw)

package net

// tlsFirmware is false on boards whose network firmware is not known to do TLS.
func tlsFirmware(netdever) bool { return false }

// exclusiveFirmware is false there, too.
func exclusiveFirmware(netdever) bool { return false }
