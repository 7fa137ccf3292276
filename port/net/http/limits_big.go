//go:build tinynetport && !port.board

package http

import (
	"bytes"
	"time"
	"unicode"
)

// The sizes of buffers, in bytes, and limits of Go's own. See limits_small.go.
const (
	connReaderSize           = 4 << 10
	connWriterSize           = 4 << 10
	bufferBeforeChunkingSize = 2 << 10
	copyBufPoolSize          = 32 << 10
	panicStackSize           = 64 << 10
	transportBufferSize      = 4 << 10

	serverHeaderBytes = DefaultMaxHeaderBytes
	serverHeaderSlop  = 4096
	answerHeaderBytes = 10 << 20

	// To give its buffers back while no request comes takes a connection one more call
	// of the system for each.
	idleWithoutBuffers = false

	defaultHeaderTimeout = time.Duration(0)
	defaultIdleTimeout   = time.Duration(0)

	defaultDialTimeout  = 30 * time.Second
	defaultMaxIdleConns = 100
	defaultIdleConnTime = 90 * time.Second
	defaultTLSTimeout   = 10 * time.Second
)

// isNameRune reports whether a wildcard of ServeMux may have this in its name.
func isNameRune(r rune, first bool) bool {
	return r == '_' || unicode.IsLetter(r) || !first && unicode.IsDigit(r)
}

func hasPrefix(data, prefix []byte) bool { return bytes.HasPrefix(data, prefix) }

// headerValues looks a key up that is in canonical form.
func headerValues(h Header, key string) ([]string, bool) {
	v, ok := h[key]
	return v, ok
}
