//go:build tinynetport && !port.board

package http

import (
	"bufio"
	"context"
	"net/textproto"
	"net/url"
	"time"
)

// Go's own: see heap_board.go.

func newDialContext(request context.Context) (context.Context, context.CancelFunc) {
	return context.WithCancel(context.WithoutCancel(request))
}

func newHeader() Header { return make(Header) }

func find[K comparable, V any](m map[K]V, key K) (V, bool) {
	v, ok := m[key]
	return v, ok
}

func headerList(h Header, key string) []string { return h[key] }
func copierAtOnce[F any](c *Client, req *Request, make func(*Client, *Request) F) F {
	return make(c, req)
}

func dropHeader(h Header, key string) { delete(h, key) }

func newRequest() *Request { return new(Request) }

func (*Request) parseURI(raw string) (*url.URL, error) { return url.ParseRequestURI(raw) }

func newResponse() *response        { return new(response) }
func (w *response) keep() *response { return w }
func (w *response) release()        {}

func (c *conn) writeBy(d time.Duration) { c.rwc.SetWriteDeadline(time.Now().Add(d)) }

func (t *Transport) idleNow(connectMethodKey) *persistConn { return nil }

type boardPersistConn struct{}

func (*persistConn) reads(bool)  {}
func (*persistConn) freeReader() {}
func (*persistConn) freeWriter() {}

func newClientReader(pc *persistConn, size int) *bufio.Reader {
	return bufio.NewReaderSize(pc.ref(), size)
}

func newClientWriter(pc *persistConn, size int) *bufio.Writer {
	return bufio.NewWriterSize(pc.writer(), size)
}

func cancelAt(req *Request, rt RoundTripper, deadline time.Time) (stop func(), timedOut func() bool) {
	return setRequestCancel(req, rt, deadline)
}

func (c *Client) headerOfFirst(req *Request) Header { return cloneOrMakeHeader(req.Header) }

func newAnswerReader(r *bufio.Reader) *textproto.Reader { return textproto.NewReader(r) }
func freeAnswerReader(*textproto.Reader)                {}
