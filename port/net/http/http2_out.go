//go:build tinynetport && !port.http2

package http

// http2Hint says in errors how to get HTTP/2, which is left out: TinyGo has it
// only when asked for, as has a program whose device does TLS, since such a device
// agrees on no protocol with the peer; nethttpomithttp2 leaves it out anywhere.
const http2Hint = " (this program is built without it: build with -tags nethttp2, and without nethttpomithttp2)"

// http2Answer adds that to the error about an answer in HTTP/2. Such an answer
// begins with a frame of type 4, SETTINGS, on stream 0 (RFC 9113, section 3.4):
// three bytes of length, the type, flags, and four zeros.
func http2Answer(line string) string {
	if len(line) >= 9 && line[0] == 0 && line[3] == 4 && line[5:9] == "\x00\x00\x00\x00" {
		return ", but one in HTTP/2" + http2Hint
	}
	return ""
}
