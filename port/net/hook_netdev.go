//go:build tinynetport

package net

// Hooks that Go's own tests set.
var (
	testHookCanceledDial = func() {} // runs after a dial's context has ended

	hostsFilePath = "/etc/hosts"
)
