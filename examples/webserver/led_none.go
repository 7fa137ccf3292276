//go:build !baremetal || qemu || noled

package main

const ledHint = "Here it is only a picture. On a board it is the real lamp."

// setLED has no lamp to switch. For a board that has none, build with -tags noled.
func setLED(on bool) {}
