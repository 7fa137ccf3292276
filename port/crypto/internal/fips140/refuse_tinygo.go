//go:build tinynetport && fips140

package fips140

// This does not compile: see its name. Go's FIPS 140 mode checks the program against
// a sum that only Go's linker puts into it.
const _ = buildTagFIPS140_TinyGoHasNoFIPS140Mode
