//go:build tinynetport && (nethttpomithttp2 || (!nethttp2 && tinynet_board))

package http_test

import "testing"

func skipWithoutHTTP2(t testing.TB, mode testMode) {
	if mode == http2Mode || mode == "h2unencrypted" {
		t.Skip("HTTP/2 is left out by tinynet_board or nethttpomithttp2")
	}
}
