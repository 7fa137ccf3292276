//go:build tinynetport && port.board

package http

// A setting is one of GODEBUG that nobody sets, for a board has no environment.
// Go's table of all settings is not linked then, nor what only they choose.
type setting struct{}

func newSetting(string) *setting { return nil }

func (*setting) Value() string  { return "" }
func (*setting) IncNonDefault() {}
