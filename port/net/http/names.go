//go:build tinynetport

package http

import "net/http/internal"

// These stand for golang.org/x/net/idna and what httpguts makes of it: see
// net/http/internal.

func lookupASCII(name string) (string, error)         { return internal.LookupASCII(name) }
func punycodeHostPort(address string) (string, error) { return internal.PunycodeHostPort(address) }
