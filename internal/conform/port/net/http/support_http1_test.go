//go:build tinynetport && !nethttp2

package http_test

import "testing"

func skipWithoutHTTP2(t testing.TB, mode testMode) {
	if mode == http2Mode || mode == "h2unencrypted" {
		t.Skip("HTTP/2 is linked only with -tags nethttp2")
	}
}
