//go:build tinynetport && (nethttpproxy || !port.board)

package http

import (
	"net/url"

	"golang.org/x/net/http/httpproxy"
)

// environmentProxy returns what finds the proxy that the environment names.
func environmentProxy() func(*url.URL) (*url.URL, error) {
	return httpproxy.FromEnvironment().ProxyFunc()
}
