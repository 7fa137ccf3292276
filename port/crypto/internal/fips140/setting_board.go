//go:build tinynetport && baremetal

package fips140

// never tells that there is no FIPS 140 mode. It is a constant, so that the linker
// sees it.
const never = true

// setting is one of GODEBUG, which nobody can set on a board.
func setting(string) string { return "" }
