//go:build tinynetport && !baremetal

package http

// spawn runs f in a goroutine.
func spawn(f func()) { go f() }

func dismiss() {}
