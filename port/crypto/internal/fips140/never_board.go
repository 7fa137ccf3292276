//go:build tinynetport && baremetal

package fips140

// never tells that there is no FIPS 140 mode. It is a constant, so that the linker
// sees it.
const never = true
