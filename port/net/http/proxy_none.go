//go:build tinynetport && !nethttpproxy && port.board

package http

import "net/url"

// environmentProxy returns what finds the proxy that the environment names. A
// board has no environment.
func environmentProxy() func(*url.URL) (*url.URL, error) {
	return func(*url.URL) (*url.URL, error) { return nil, nil }
}
