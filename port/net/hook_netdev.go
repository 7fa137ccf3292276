//go:build tinynetport

package net

// testHookCanceledDial runs after a dial's context has ended. Go's own tests
// set it.
var testHookCanceledDial = func() {}
