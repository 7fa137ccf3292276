//go:build tinynetport && (nethttp2 || !tinynet_board) && !nethttpomithttp2

package http_test

import "testing"

func skipWithoutHTTP2(testing.TB, testMode) {}
