//go:build (rp2040 || rp2350) && !cy43nopio

package cyw43439

import (
	"sync"

	driver "github.com/soypat/cyw43439"
)

// pico is the board's radio. The driver is made once: each one takes another of the
// four state machines by which the chip is reached, and panics when all are taken.
var pico = sync.OnceValue(driver.NewPicoWDevice)

// Join joins a network with the radio of the Pico W or the Pico 2 W. After a
// failure it may be called again, as often as it takes.
func Join(conf Config) (*Radio, error) { return JoinWith(pico(), conf) }
