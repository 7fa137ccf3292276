//go:build tinynetport && baremetal

// Package godebug has the settings of GODEBUG, none of which is ever set.
// See docs/RATIONALE.md, "No GODEBUG on boards".
package godebug

// A Setting is one that nobody sets. There is no memory behind a pointer to one.
type Setting struct{}

// New returns a setting, whatever its name.
func New(string) *Setting { return nil }

// Name is not known.
func (*Setting) Name() string { return "" }

// Undocumented is not known.
func (*Setting) Undocumented() bool { return false }

// String is that of a setting that is not set.
func (*Setting) String() string { return "" }

// IncNonDefault would count how often a setting mattered.
func (*Setting) IncNonDefault() {}

// Value is the default of every setting.
func (*Setting) Value() string { return "" }
