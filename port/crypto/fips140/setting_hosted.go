//go:build tinynetport && !baremetal

package fips140

import "internal/godebug"

// setting is GODEBUG's fips140.
func setting() string { return godebug.New("fips140").Value() }
