//go:build tinynetport && port.board

package http

import (
	"time"
	"unicode/utf8"
)

// What boards have instead of Go's own sizes and limits. The build tag
// tinynet_board sets them on a computer, too, so that tests and
// measurements there see what a board does.

// Buffers, in bytes.
const (
	connReaderSize           = 768     // of a server's connection; a trailer must fit in it
	connWriterSize           = 768     // of a server's connection
	bufferBeforeChunkingSize = 512     // an answer up to this size gets its Content-Length by itself
	copyBufPoolSize          = 1 << 10 // of io.Copy to a ResponseWriter, FileServer's
	panicStackSize           = 64      // TinyGo has no stack to show
	transportBufferSize      = 1 << 10 // of a Transport that sets no ReadBufferSize or WriteBufferSize
)

// idleWithoutBuffers says that a server's connection has its buffers only from the first
// byte of a request until its answer is sent.
const idleWithoutBuffers = true

// Limits, in bytes, where the program sets none.
const (
	serverHeaderBytes = 4 << 10        // Server.MaxHeaderBytes
	serverHeaderSlop  = connReaderSize // more than that, which the buffer may hold
	answerHeaderBytes = 8 << 10        // Transport.MaxResponseHeaderBytes
)

// Times after which a server closes a connection that sends no request, where
// the program sets neither these nor ReadTimeout: a few silent clients would
// else take all sockets of the device for ever. A negative time in the Server
// is none.
const (
	defaultHeaderTimeout = 15 * time.Second // Server.ReadHeaderTimeout
	defaultIdleTimeout   = 30 * time.Second // Server.IdleTimeout
)

// The DefaultTransport's.
const (
	defaultDialTimeout  = 15 * time.Second
	defaultMaxIdleConns = 2
	defaultIdleConnTime = 15 * time.Second
	defaultTLSTimeout   = 60 * time.Second // a handshake is seconds of computing
)

// isNameRune reports whether a wildcard of ServeMux may have this in its name.
// Which letters are letters outside of ASCII takes tables of 7 kB to tell, most
// of it in RAM, so here all are.
func isNameRune(r rune, first bool) bool {
	return r == '_' || 'a' <= r|' ' && r|' ' <= 'z' || r >= utf8.RuneSelf || !first && '0' <= r && r <= '9'
}

// hasPrefix is that of package bytes, without the two strings that TinyGo makes
// to compare bytes.
func hasPrefix(data, prefix []byte) bool {
	if len(data) < len(prefix) {
		return false
	}
	for i, b := range prefix {
		if data[i] != b {
			return false
		}
	}
	return true
}

// headerValues looks a key up that is in canonical form. It goes through all,
// for when it looks into a map, TinyGo puts the key on the heap.
func headerValues(h Header, key string) ([]string, bool) {
	if len(h) == 0 {
		return nil, false
	}
	for k, v := range h {
		if k == key {
			return v, true
		}
	}
	return nil, false
}
