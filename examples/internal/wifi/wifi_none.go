//go:build !ninafw && !wioterminal

// Package wifi brings the examples' boards onto the network, so that each
// example shows only what is its own.
package wifi

// Join has no module that it knows here: a board's device is set by the
// program (net reaches only the board itself until then).
func Join(ssid, pass string) (host string, err error) { return "localhost", nil }
