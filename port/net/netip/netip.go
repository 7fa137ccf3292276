//go:build tinynetport

package netip

// What an Addr without a zone is: nothing, IPv4 or IPv6.
const (
	z0    family = ""
	z4    family = "4"
	z6noz family = "6"
)
