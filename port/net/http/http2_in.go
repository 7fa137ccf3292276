//go:build tinynetport && (nethttp2 || (!tinygo && !tinynet_board)) && !nethttpomithttp2

package http

// http2Hint says how to get HTTP/2, which is here.
const http2Hint = ""

func http2Answer(string) string { return "" }
