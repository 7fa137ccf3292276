//go:build tinynetport

package netip

// A family is what an address is besides its bits. It is empty in the zero Addr,
// "4" for IPv4, "6" for IPv6, and "6" with the zone after it for IPv6 with one: so
// that two are equal exactly if what they say is.
// See docs/RATIONALE.md, "An address's family is a text".
type family string

// zoned is the family of an IPv6 address with a zone.
func zoned(zone string) family { return z6noz + family(zone) }

// Value takes a family apart.
func (f family) Value() addrDetail {
	if f == z0 || f == z4 {
		return addrDetail{}
	}
	return addrDetail{isV6: true, zoneV6: string(f[len(z6noz):])}
}
