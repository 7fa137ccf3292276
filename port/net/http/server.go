//go:build tinynetport

package http

import (
	"context"
	"io"
	"sync/atomic"
)

var (
	// ServerContextKey is a context key. A handler that asks the context of its
	// request for it gets the [*Server] that it runs under.
	ServerContextKey = &contextKey{name: "http-server", ofServer: serverValue}

	// LocalAddrContextKey is a context key. A handler that asks the context of
	// its request for it gets the [net.Addr] at which the connection arrived.
	LocalAddrContextKey = &contextKey{name: "local-addr"}
)

// An expectContinueReader is the body of a request that waits for "100
// Continue", which the first Read sends.
type expectContinueReader struct {
	resp       responseRef
	readCloser io.ReadCloser
	closed     atomic.Bool
	sawEOF     atomic.Bool
}

// An initALPNRequest is the handler for a protocol that TLS has negotiated: it
// fills in what only the connection knows.
type initALPNRequest struct {
	ctx context.Context
	c   tlsConnRef
	h   HandlerFunc
}

// The pools of the buffers of connections and answers.
var bufioReaderPool, bufioWriter2kPool, bufioWriter4kPool bufferPool

// bufioWriterPool returns the pool of writers of that size, if there is one.
func bufioWriterPool(size int) *bufferPool {
	if size == bufferBeforeChunkingSize {
		return &bufioWriter2kPool
	}
	if size == connWriterSize {
		return &bufioWriter4kPool
	}
	return nil
}
