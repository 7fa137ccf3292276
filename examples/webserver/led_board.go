//go:build baremetal && !qemu && !noled

package main

import "machine"

const ledHint = "This is the lamp on the board."

func init() { machine.LED.Configure(machine.PinConfig{Mode: machine.PinOutput}) }

func setLED(on bool) { machine.LED.Set(on) }
