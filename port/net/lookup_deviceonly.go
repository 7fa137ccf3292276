//go:build tinynetport && baremetal && !netgo

package net

// linksGoResolver says that Go's own DNS client is linked. On a board it is not,
// unless asked for: it takes 150 kB of flash, and most devices resolve names.
const linksGoResolver = false
