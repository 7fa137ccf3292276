//go:build !(rp2040 || rp2350) || cy43nopio

package cyw43439

import "errors"

// Join fails here: only the Pico W and the Pico 2 W have the radio where it
// expects it. It lets programs for them compile on a computer; see JoinWith.
func Join(Config) (*Radio, error) {
	return nil, errors.New("cyw43439: there is no such radio in this computer")
}
