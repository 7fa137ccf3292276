// Package pty gives tests on Linux a terminal that is none: what is written to one end is
// typed at the other.
package pty
