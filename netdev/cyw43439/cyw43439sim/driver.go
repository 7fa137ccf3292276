package cyw43439sim

import driver "github.com/soypat/cyw43439"

// Driver is the unchanged driver on the chip's bus, as a program on a Pico W has
// it on the radio's.
func (c *Chip) Driver() *driver.Device { return driver.New(c.Power, c.Select, c) }
