//go:build tinynetport

package http

// A contextKey is a key of the contexts of requests.
type contextKey struct {
	name     string
	ofServer func(*serverContext) any // the value, for what a Server gives
}
