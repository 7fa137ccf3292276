//go:build tinynetport && port.board

package http

import (
	"bufio"
	"net/textproto"
	"net/url"
	"sync/atomic"
	"time"
	"unsafe"
)

// What a request takes from the heap, kept small. TinyGo puts on it what a closure
// has captured, the key of each look into a map, and room for eight keys in each map,
// for twice as many where none is said.
// See docs/RATIONALE.md, "A request's heap".

// newHeader makes a header for a few keys.
func newHeader() Header { return make(Header, 1) }

// find looks into a map of which few keys are expected: it goes through all.
func find[K comparable, V any](m map[K]V, key K) (v V, ok bool) {
	if len(m) == 0 {
		return v, false
	}
	for k, v := range m {
		if k == key {
			return v, true
		}
	}
	return v, false
}

// headerList is headerValues without its second result.
func headerList(h Header, key string) []string {
	v, _ := headerValues(h, key)
	return v
}

// dropHeader deletes a key that is in canonical form.
func dropHeader(h Header, key string) {
	if _, ok := headerValues(h, key); !ok {
		return
	}
	if len(h) == 1 {
		clear(h) // without a key
	} else {
		delete(h, key)
	}
}

// A boardRequest is a request that was read, with the context that it has in a server,
// and its URL, unless that is one of which package url has to make more than a path.
type boardRequest struct {
	Request
	context watch
	url     url.URL
}

func newRequest() *Request { return &new(boardRequest).Request }

// requestWatch is the context that lies behind a request of newRequest.
func requestWatch(r *Request) *watch { return &(*boardRequest)(unsafe.Pointer(r)).context }

// parseURI is url.ParseRequestURI for a request of newRequest. Of a path of letters,
// digits, slashes and a few signs, with or without a query, it makes what that makes.
func (r *Request) parseURI(raw string) (*url.URL, error) {
	path, query, ok := plainURI(raw)
	if !ok {
		return url.ParseRequestURI(raw)
	}
	u := &(*boardRequest)(unsafe.Pointer(r)).url
	u.Path, u.RawQuery = path, query
	return u, nil
}

// What a response has here beside Go's fields.
type boardResponse struct {
	context *watch // behind the request
	kept    bool   // the request may lead here after it was answered
}

// answered is a response that is no longer used, for the next request. A handler may
// keep its request, but not its ResponseWriter.
var answered atomic.Pointer[response]

func newResponse() *response {
	if w := answered.Swap(nil); w != nil {
		return w
	}
	return new(response)
}

// keep says that w must stay that of its request.
func (w *response) keep() *response {
	w.kept = true
	return w
}

// release is called when the request is answered, and the connection stays. It leaves
// w as it is: a handler that writes when it has returned writes, as under Go, into a
// buffer that may be another's by then, and does not end the program.
func (w *response) release() {
	if !w.kept {
		answered.Store(w)
	}
}

// writeBy sets the deadline for writing, so long from now.
func (c *conn) writeBy(d time.Duration) { c.rwc.SetWriteDeadline(time.Now().Add(d)) }

// idleNow takes the connection that was used last, where nobody has to be asked or
// told. If it is nil, the Transport looks for one as Go's does, which makes a context
// and a channel before it looks.
func (t *Transport) idleNow(key connectMethodKey) *persistConn {
	if t.DisableKeepAlives {
		return nil
	}
	t.idleMu.Lock()
	defer t.idleMu.Unlock()
	list, _ := find(t.idleConn, key)
	if len(list) == 0 {
		return nil
	}
	rest := len(list) - 1
	pc := list[rest]
	// The wall's clock counts here, which goes on while a computer sleeps. Whole seconds
	// spare a board its divisions: Go's code decides where they are not enough.
	tooOld := t.IdleConnTimeout > 0 && time.Duration(time.Now().Unix()-pc.idleAt.Unix())*time.Second > t.IdleConnTimeout
	if pc.alt != nil || tooOld || pc.isBroken() {
		return nil
	}
	t.closeIdle = false
	t.idleLRU.remove(pc)
	if pc.idleTimer != nil {
		pc.idleTimer.Stop() // with one that runs each turn of TinyGo's scheduler divides
	}
	if rest > 0 {
		t.idleConn[key] = list[:rest]
	} else if len(t.idleConn) == 1 {
		clear(t.idleConn) // without a key
	} else {
		delete(t.idleConn, key)
	}
	return pc
}

// What a persistConn has here beside Go's fields.
type boardPersistConn struct {
	reading bool // an answer may be read, or is not over; of readLoop
}

// The buffers of a client's connection that has ended, for the next one.
var (
	spareReader atomic.Pointer[bufio.Reader]
	spareWriter atomic.Pointer[bufio.Writer]
)

func newClientReader(pc *persistConn, size int) *bufio.Reader {
	if br := spareReader.Swap(nil); br != nil && br.Size() == size {
		br.Reset(pc.ref())
		return br
	}
	return bufio.NewReaderSize(pc.ref(), size)
}

func newClientWriter(pc *persistConn, size int) *bufio.Writer {
	if bw := spareWriter.Swap(nil); bw != nil && bw.Size() == size {
		bw.Reset(pc.writer())
		return bw
	}
	return bufio.NewWriterSize(pc.writer(), size)
}

// reads says whether somebody may read from the connection's buffer beside readLoop.
func (pc *persistConn) reads(on bool) { pc.reading = on }

// freeReader is called when readLoop ends. A body that was not read to its end may be
// read still.
func (pc *persistConn) freeReader() {
	if br := pc.br; !pc.reading && pc.keepsBuffers() {
		pc.br = nil
		br.Reset(nil)
		spareReader.Store(br)
	}
}

// freeWriter is called when writeLoop ends with the connection.
func (pc *persistConn) freeWriter() {
	if bw := pc.bw; pc.keepsBuffers() {
		pc.bw = nil
		bw.Reset(nil)
		spareWriter.Store(bw)
	}
}

// keepsBuffers is false after CloseIdleConnections, until the next request.
func (pc *persistConn) keepsBuffers() bool {
	pc.t.idleMu.Lock()
	keeps := !pc.t.closeIdle
	pc.t.idleMu.Unlock()
	return keeps
}

// answerReader is what has read an answer's header, for the next. In the pool of Go's
// server its type would bring along what else it reads.
var answerReader atomic.Pointer[textproto.Reader]

func newAnswerReader(r *bufio.Reader) *textproto.Reader {
	tp := answerReader.Swap(nil)
	if tp == nil {
		tp = new(textproto.Reader)
	}
	tp.R = r
	return tp
}

func freeAnswerReader(tp *textproto.Reader) {
	tp.R = nil
	answerReader.Store(tp)
}

// cancelAt is setRequestCancel, which captures its arguments.
func cancelAt(req *Request, rt RoundTripper, deadline time.Time) (stop func(), timedOut func() bool) {
	if deadline.IsZero() {
		return nop, alwaysFalse
	}
	return setRequestCancel(req, rt, deadline)
}

// headerOfFirst is the header of a client's first request, for those that redirects
// lead to. It is a copy where somebody may write into the request's own: a Jar, or a
// RoundTripper that has a secret for one host and not for the next.
func (c *Client) headerOfFirst(req *Request) Header {
	if c.mayChange(req) {
		return cloneOrMakeHeader(req.Header)
	}
	return req.Header
}

// mayChange reports whether somebody may write into the header of a client's first
// request.
func (c *Client) mayChange(req *Request) bool {
	return c.Jar != nil || req.Header == nil || req.URL == nil || !knownRoundTripperImpl(c.transport(), req)
}

// copierAtOnce makes what copies the header of a client's first request to those that
// redirects lead to, or leaves it to the first redirect, since few requests have one.
func copierAtOnce[F any](c *Client, req *Request, make func(*Client, *Request) F) (copier F) {
	if c.mayChange(req) {
		copier = make(c, req)
	}
	return copier
}
