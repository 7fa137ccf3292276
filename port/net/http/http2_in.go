//go:build tinynetport && (nethttp2 || (!tinygo && !tinynet_board && !tlsoffload && !ninafw && !wioterminal && !challenger_rp2040 && !comboat_fw)) && !nethttpomithttp2

package http

// http2Hint says how to get HTTP/2, which is here.
const http2Hint = ""

func http2Answer(string) string { return "" }
