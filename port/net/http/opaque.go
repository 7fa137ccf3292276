//go:build tinynetport

package http

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"time"
	"unsafe"
)

// TinyGo links a description of each type whose values become interface
// values, with those of all types that its fields lead to, and the methods of
// these that some interface names. From a response, a Request or a Server fields
// lead to tls.Config, from there to x509.Certificate and to big.Int, and so a
// server of plain HTTP would link some 30 kB of certificates. The types below
// stand for the pointers that they hold, wherever net/http makes interface
// values of these, and lead nowhere. As interface values they take no memory of
// their own. See docs/RATIONALE.md, "A type for each hidden value".

// A responseRef is the ResponseWriter that handlers get.
type responseRef struct{ p unsafe.Pointer }

func (w *response) ref() responseRef          { return responseRef{unsafe.Pointer(w)} }
func (r responseRef) response() *response     { return (*response)(r.p) }
func (r responseRef) Header() Header          { return r.response().Header() }
func (r responseRef) WriteHeader(code int)    { r.response().WriteHeader(code) }
func (r responseRef) Flush()                  { r.response().Flush() }
func (r responseRef) FlushError() error       { return r.response().FlushError() }
func (r responseRef) EnableFullDuplex() error { return r.response().EnableFullDuplex() }
func (r responseRef) requestTooLarge()        { r.response().requestTooLarge() }

func (r responseRef) Write(p []byte) (int, error)       { return r.response().Write(p) }
func (r responseRef) WriteString(s string) (int, error) { return r.response().WriteString(s) }

func (r responseRef) ReadFrom(src io.Reader) (int64, error) { return r.response().ReadFrom(src) }

func (r responseRef) Hijack() (net.Conn, *bufio.ReadWriter, error) { return r.response().Hijack() }

func (r responseRef) CloseNotify() <-chan bool {
	r.response().conn.r.wantWatch()
	return r.response().CloseNotify()
}

func (r responseRef) SetReadDeadline(t time.Time) error { return r.response().SetReadDeadline(t) }

func (r responseRef) SetWriteDeadline(t time.Time) error { return r.response().SetWriteDeadline(t) }

// A chunkWriterRef is the io.Writer below a response's buffer.
type chunkWriterRef struct{ p unsafe.Pointer }

func (cw *chunkWriter) ref() chunkWriterRef { return chunkWriterRef{unsafe.Pointer(cw)} }

func (r chunkWriterRef) Write(p []byte) (int, error) { return (*chunkWriter)(r.p).Write(p) }

// A connReaderRef and a connWriterRef are below the buffers of a connection.
type (
	connReaderRef struct{ p unsafe.Pointer }
	connWriterRef struct{ p unsafe.Pointer }
)

func (cr *connReader) ref() connReaderRef { return connReaderRef{unsafe.Pointer(cr)} }
func (c *conn) writer() connWriterRef     { return connWriterRef{unsafe.Pointer(c)} }

func (r connReaderRef) Read(p []byte) (int, error) { return (*connReader)(r.p).Read(p) }

func (r connWriterRef) Write(p []byte) (int, error) {
	return checkConnErrorWriter{(*conn)(r.p)}.Write(p)
}

// A requestRef and an answerRef are the messages that readTransfer completes,
// and a body's when it has trailers.
type (
	requestRef struct{ p unsafe.Pointer }
	answerRef  struct{ p unsafe.Pointer }
)

func (r *Request) ref() requestRef     { return requestRef{unsafe.Pointer(r)} }
func (r *Response) ref() answerRef     { return answerRef{unsafe.Pointer(r)} }
func (r requestRef) request() *Request { return (*Request)(r.p) }
func (r answerRef) answer() *Response  { return (*Response)(r.p) }

// A persistConnRef and a persistConnWriterRef are below the buffers of a
// client's connection; the former is in the list of idle ones, too.
type (
	persistConnRef       struct{ p unsafe.Pointer }
	persistConnWriterRef struct{ p unsafe.Pointer }
)

func (pc *persistConn) ref() persistConnRef          { return persistConnRef{unsafe.Pointer(pc)} }
func (pc *persistConn) writer() persistConnWriterRef { return persistConnWriterRef{unsafe.Pointer(pc)} }
func (r persistConnRef) conn() *persistConn          { return (*persistConn)(r.p) }

func (r persistConnRef) Read(p []byte) (int, error) { return r.conn().Read(p) }

func (r persistConnWriterRef) below() persistConnWriter {
	return persistConnWriter{(*persistConn)(r.p)}
}
func (r persistConnWriterRef) Write(p []byte) (int, error)           { return r.below().Write(p) }
func (r persistConnWriterRef) ReadFrom(src io.Reader) (int64, error) { return r.below().ReadFrom(src) }

// A tlsConnRef is the connection of an initALPNRequest.
type tlsConnRef struct{ p unsafe.Pointer }

func (r tlsConnRef) ConnectionState() tls.ConnectionState { return (*tls.Conn)(r.p).ConnectionState() }
func (r tlsConnRef) RemoteAddr() net.Addr                 { return (*tls.Conn)(r.p).RemoteAddr() }

func newTLSConnRef(c *tls.Conn) tlsConnRef { return tlsConnRef{unsafe.Pointer(c)} }

// A serverRef is a Server as net/http itself looks it up in a context.
type serverRef struct{ p unsafe.Pointer }

// serverRefKey is the key of the serverRef.
type serverRefKey struct{}

// A serverContext is the context from which those of a server's requests
// derive.
type serverContext struct {
	context.Context
	server serverRef
}

func newServerContext(parent context.Context, s *Server) context.Context {
	return &serverContext{parent, serverRef{unsafe.Pointer(s)}}
}

func (c *serverContext) Value(key any) any {
	switch key := key.(type) {
	case *contextKey:
		if key.ofServer != nil {
			return key.ofServer(c)
		}
	case serverRefKey:
		return c.server
	}
	return c.Context.Value(key)
}

// serverOf returns the server that a context belongs to, or nil.
func serverOf(ctx context.Context) *Server {
	r, _ := ctx.Value(serverRefKey{}).(serverRef)
	return (*Server)(r.p)
}

// serverValue is the ofServer of ServerContextKey. Only a program that names
// the key links it.
func serverValue(c *serverContext) any { return (*Server)(c.server.p) }
