//go:build tinynetport && !windows && !darwin

package net

// noSystemResolver says that the system's own resolver is never used: it is in
// C, and what it can do that Go's cannot is seldom wanted.
func noSystemResolver() bool { return true }
