//go:build tinynetport && !windows

package net

// hostsFilePath is set by Go's own tests.
var hostsFilePath = "/etc/hosts"
