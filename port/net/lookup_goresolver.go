//go:build tinynetport && (!baremetal || netgo)

package net

// linksGoResolver says that Go's own DNS client is linked.
const linksGoResolver = true
