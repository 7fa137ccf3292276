//go:build tinynetport && port.board

package tls

// A setting is one of GODEBUG that nobody sets, for a board has no environment.
// It is used where a program has not chosen TLS: a server of HTTP asks each
// connection whether it is TLS's, and would link Go's table of all settings.
type setting struct{}

func newSetting(string) *setting { return nil }

func (*setting) Value() string  { return "" }
func (*setting) IncNonDefault() {}
