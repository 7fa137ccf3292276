//go:build tinynetport && !baremetal

package fips140

import "crypto/internal/fips140deps/godebug"

// never tells that there is no FIPS 140 mode.
const never = false

// setting is one of GODEBUG.
func setting(name string) string { return godebug.Value(name) }
