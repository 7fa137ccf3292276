//go:build tinynetport && tinygo

package net

// hostsFilePath is where Windows has it unless it was installed elsewhere. TinyGo's
// runtime does not tell the system's folder, as Go's own hook_windows.go asks.
var hostsFilePath = `C:\Windows\System32\Drivers\etc\hosts`
