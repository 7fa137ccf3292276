//go:build tinynetport && fips140

package tls

// This does not compile: see its name. Go 1.23 has no FIPS 140 mode, and with newer
// ones TinyGo has none.
const _ = buildTagFIPS140_TinyGoHasNoFIPS140Mode
