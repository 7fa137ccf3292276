//go:build tinynetport

package net

// errClosed is what calls on a closed socket get.
var errClosed error = netClosingError{}
