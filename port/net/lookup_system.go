//go:build tinynetport && (windows || darwin)

package net

// noSystemResolver reports whether the system's own resolver is out of place:
// it knows nothing of another device's network.
func noSystemResolver() bool { return !currentDevice().host }
