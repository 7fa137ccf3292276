//go:build tinynetport && (nethttpidna || !port.board)

package internal

import "golang.org/x/net/idna"

// LookupASCII writes a host name for a lookup: in small letters, and in ASCII.
func LookupASCII(name string) (string, error) { return idna.Lookup.ToASCII(name) }

// PunycodeASCII writes a host name in ASCII as it is, without mapping letters.
func PunycodeASCII(name string) (string, error) { return idna.ToASCII(name) }
