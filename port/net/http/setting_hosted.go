//go:build tinynetport && !port.board

package http

import "internal/godebug"

// newSetting returns a setting of GODEBUG.
func newSetting(name string) *godebug.Setting { return godebug.New(name) }
