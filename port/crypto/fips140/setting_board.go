//go:build tinynetport && baremetal

package fips140

// setting is GODEBUG's fips140, which nobody can set on a board.
func setting() string { return "" }
