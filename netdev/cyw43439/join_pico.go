//go:build (rp2040 || rp2350) && !cy43nopio

package cyw43439

import driver "github.com/soypat/cyw43439"

// Join joins a network with the radio of the Pico W or the Pico 2 W.
func Join(conf Config) (*Radio, error) { return JoinWith(driver.NewPicoWDevice(), conf) }
