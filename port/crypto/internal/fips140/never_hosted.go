//go:build tinynetport && !baremetal

package fips140

// never tells that there is no FIPS 140 mode.
const never = false
