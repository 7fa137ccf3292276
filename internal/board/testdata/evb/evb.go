//go:build !w5500

// Package evb brings a program onto the network of a W5500-EVB-Pico, if it is built
// for one (tag w5500). On other boards the network is there.
package evb

// Join does nothing where the network is there.
func Join() {}
