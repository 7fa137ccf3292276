//go:build tinynet_port

package behaviour_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev/simdev"
)

// serve starts a server on a listener of ours, which ends with the test, and
// returns what Serve returns.
func (w *world) serve(t *testing.T, srv *http.Server) (net.Listener, <-chan error) {
	t.Helper()
	l := w.listen(t)
	served := inBackground(func() error { return srv.Serve(l) })
	t.Cleanup(func() { srv.Close() })
	return l, served
}

// A caller is a client of ours that writes what it likes.
type caller struct {
	net.Conn
	r *bufio.Reader
}

// caller dials a server.
func (w *world) caller(t *testing.T, l net.Listener) *caller {
	t.Helper()
	c, err := w.peer.Dial(addrPort(l.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return &caller{c, bufio.NewReader(c)}
}

func (c *caller) send(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// answer reads an answer with its body.
func (c *caller) answer(t *testing.T) (*http.Response, string) {
	t.Helper()
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatalf("reading the answer: %v", err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("reading the answer's body: %v", err)
	}
	return res, string(body)
}

// TestHTTPContextOnKeepAlive looks at the context of each request of a
// connection: it lives while the client is there, and ends when it goes.
func TestHTTPContextOnKeepAlive(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		reading, ended := make(chan bool), make(chan error, 1)
		l, _ := w.serve(t, &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if err := r.Context().Err(); err != nil {
				t.Errorf("the context of %s has ended: %v", r.URL, err)
			}
			if r.URL.Path == "/last" {
				close(reading)
				<-r.Context().Done()
				ended <- r.Context().Err()
			}
			io.WriteString(rw, r.URL.Path)
		})})
		c := w.caller(t, l)
		for i := range 4 {
			path := fmt.Sprintf("/%d", i)
			c.send(t, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
			if _, body := c.answer(t); body != path {
				t.Fatalf("the answer to %s is %q", path, body)
			}
		}
		if w.conf.Misbehaviour.RecvRetriesErrors {
			return // the driver does not say that the client has gone
		}
		c.send(t, "GET /last HTTP/1.1\r\nHost: x\r\n\r\n")
		soon(t, "the last request", reading)
		c.Close()
		if err := soon(t, "the context of a client that has gone", ended); err != context.Canceled {
			t.Errorf("the context ends with %v", err)
		}
	})
}

// TestHTTPHijack takes the connection over after the server has begun to read
// in the background, and loses nothing of what comes.
func TestHTTPHijack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		done := make(chan error, 1)
		l, _ := w.serve(t, &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/" {
				return
			}
			r.Context().Err() // so that a board reads, too
			w.blocked(2)      // accepting, and reading for the end of the request
			c, buf, err := http.NewResponseController(rw).Hijack()
			if err != nil {
				done <- err
				return
			}
			defer c.Close()
			fmt.Fprintf(buf, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
			buf.Flush()
			line, err := buf.ReadString('\n')
			if err == nil {
				_, err = io.WriteString(c, strings.ToUpper(line))
			}
			done <- err
		})})
		c := w.caller(t, l)
		c.send(t, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		c.answer(t)
		c.send(t, "GET /hijack HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
		res, err := http.ReadResponse(c.r, nil)
		if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("the answer is %v, %v", res, err)
		}
		c.send(t, "all of it\n")
		if line, err := c.r.ReadString('\n'); line != "ALL OF IT\n" {
			t.Errorf("the hijacked connection gives %q, %v", line, err)
		}
		if err := soon(t, "the handler", done); err != nil {
			t.Error(err)
		}
	})
}

// TestHTTPUntilClose sends an answer that only the end of the connection ends,
// after the server has begun to read in the background.
func TestHTTPUntilClose(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		text := bytesOf(20_000)
		l, _ := w.serve(t, &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			r.Context().Err()
			w.blocked(2)
			rw.Header().Set("Content-Type", "application/octet-stream")
			rw.Write(text[:10])
			http.NewResponseController(rw).Flush()
			rw.Write(text[10:])
		})})
		for range 2 {
			c := w.caller(t, l)
			c.send(t, "GET / HTTP/1.0\r\n\r\n")
			res, body := c.answer(t)
			if !res.Close || res.ContentLength != -1 || !bytes.Equal([]byte(body), text) {
				t.Errorf("the answer has %d bytes, Close %v, Content-Length %d", len(body), res.Close, res.ContentLength)
			}
		}
	})
}

// TestHTTPShutdown ends servers that have idle connections, and a request
// that is being answered.
func TestHTTPShutdown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if w.greedy() {
			skip(t, "what waits keeps the device from the others")
			return
		}
		for _, gently := range []bool{true, false} {
			busy, release := make(chan bool), make(chan bool)
			srv := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/busy" {
					close(busy)
					<-release
				}
				io.WriteString(rw, "done")
			})}
			l, served := w.serve(t, srv)
			idle, active := w.caller(t, l), w.caller(t, l)
			idle.send(t, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			idle.answer(t)
			active.send(t, "GET /busy HTTP/1.1\r\nHost: x\r\n\r\n")
			soon(t, "the handler", busy)
			if gently {
				ctx, cancel := context.WithTimeout(context.Background(), patience)
				shut := inBackground(func() error { return srv.Shutdown(ctx) })
				if err := soon(t, "Serve", served); err != http.ErrServerClosed {
					t.Errorf("Serve gives %v", err)
				}
				close(release)
				if w.conf.Misbehaviour.ListenerEndsAll {
					// The device has broken the connection with its listener: nobody waits for it.
				} else if _, body := active.answer(t); body != "done" {
					t.Errorf("the answer of a server that shuts down is %q", body)
				}
				if err := soon(t, "Shutdown", shut); err != nil {
					t.Errorf("Shutdown gives %v", err)
				}
				cancel()
			} else {
				closed := inBackground(srv.Close)
				if err := soon(t, "Close", closed); err != nil && !isClosed(err) {
					t.Errorf("Close gives %v", err)
				}
				soon(t, "Serve", served)
				close(release)
			}
			for _, c := range []*caller{idle, active} {
				if n, err := c.r.Read(make([]byte, 1)); n != 0 || err == nil {
					t.Errorf("a connection goes on after the end: %d, %v", n, err)
				}
				c.Close()
			}
		}
	})
}

// TestHTTPAnswersAtOnce has drivers that look for data twice in a second, and
// cannot be interrupted. When a handler returns, the server is reading in the
// background, and the answer must not wait until the driver looks again.
func TestHTTPAnswersAtOnce(t *testing.T) {
	const poll = 500 * time.Millisecond
	for _, name := range []string{"wifinina", "rtl8720dn"} {
		t.Run(name, func(t *testing.T) {
			conf := simdev.Profile(name)
			conf.Poll = poll
			over(t, conf, func(t *testing.T, w *world) {
				var returned time.Time
				l, _ := w.serve(t, &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					io.WriteString(rw, "hello")
					returned = time.Now()
				})})
				c := w.caller(t, l)
				least := time.Hour // other work of the computer makes some late
				for range 4 {
					c.send(t, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
					c.answer(t)
					least = min(least, time.Since(returned))
				}
				if least > poll/2 {
					t.Errorf("the soonest of four answers comes %v after the handler, with polls of %v", least, poll)
				}
			})
		})
	}
}
