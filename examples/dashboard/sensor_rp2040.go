//go:build baremetal && rp2040

package main

import "machine"

func chip() []sensor {
	machine.InitADC()
	return []sensor{{"Chip", "°C", func() float64 { return float64(machine.ReadTemperature()) / 1000 }}}
}
