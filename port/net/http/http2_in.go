//go:build tinynetport && port.http2

package http

// http2Hint says how to get HTTP/2, which is here.
const http2Hint = ""

func http2Answer(string) string { return "" }
