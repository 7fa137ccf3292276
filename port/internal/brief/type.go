//go:build tinynetport

package brief

import "internal/reflectlite"

// typeName is in a file of its own, so that tests outside of Go's root can have one.
func typeName(v any) string {
	if v == nil {
		return "<nil>"
	}
	return reflectlite.TypeOf(v).String()
}
