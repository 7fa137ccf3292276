//go:build tinynetport && !port.board

package tls

import "internal/godebug"

// newSetting returns a setting of GODEBUG.
func newSetting(name string) *godebug.Setting { return godebug.New(name) }
