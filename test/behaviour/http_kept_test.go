//go:build tinynet_port

package behaviour_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// What a server and a client use again for the next request leaves what belongs to
// the program: a request that a handler keeps, and the header that redirects copy.

// TestHTTPRequestKept keeps requests after their handlers have returned, while others
// come on the same connection. Each stays what it was, its context has ended, and its
// body is closed.
func TestHTTPRequestKept(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		type keptRequest struct {
			*http.Request
			ctx context.Context
		}
		const count = 4
		kept := make(chan keptRequest, count)
		l, _ := w.serve(t, &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Expect") != "" {
				io.ReadAll(r.Body)
			}
			rw.Header().Set("Number", r.Header.Get("Number"))
			io.WriteString(rw, r.URL.Path)
			kept <- keptRequest{r, r.Context()}
		})})
		c := w.caller(t, l)
		for i := range count {
			expect := ""
			if i%2 == 1 {
				expect = "Expect: 100-continue\r\n"
			}
			c.send(t, fmt.Sprintf("POST /%d HTTP/1.1\r\nHost: x\r\nNumber: %d\r\nContent-Length: 2\r\n%s\r\nhi", i, i, expect))
			res, body := c.answer(t)
			if res.StatusCode == http.StatusContinue {
				res, body = c.answer(t)
			}
			if want := fmt.Sprint(i); res.Header.Get("Number") != want || body != "/"+want {
				t.Fatalf("request %d is answered with number %q and %q", i, res.Header.Get("Number"), body)
			}
		}
		for i := range count {
			r := soon(t, "a request", kept)
			if want := fmt.Sprintf("/%d", i); r.URL.Path != want || r.RequestURI != want || r.Header.Get("Number") != want[1:] {
				t.Errorf("request %d became one of %s, %s, number %s", i, r.URL.Path, r.RequestURI, r.Header.Get("Number"))
			}
			if r.Context() != r.ctx || r.ctx.Err() != context.Canceled {
				t.Errorf("request %d: its context, after the answer, is %v, %v", i, r.Context(), r.ctx.Err())
			}
			soon(t, "the end of a context", r.ctx.Done())
			if n, err := r.Body.Read(make([]byte, 8)); n != 0 || err == nil {
				t.Errorf("request %d: its body, after the answer, gives %d bytes and %v", i, n, err)
			}
		}
		c.send(t, "GET /end HTTP/1.1\r\nHost: x\r\n\r\n")
		if _, body := c.answer(t); body != "/end" {
			t.Errorf("afterwards the answer is %q: a request that was kept has written", body)
		}
	})
}

// A keyTransport has a key for one path, which it puts into the request's own header,
// as many do that should not.
type keyTransport struct{ http.RoundTripper }

func (k keyTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/first" {
		r.Header.Set("X-Key", "secret")
	}
	return k.RoundTripper.RoundTrip(r)
}

// TestHTTPRedirectHeader follows redirects: what the program has set goes with them,
// and what a RoundTripper has added to the first request does not.
func TestHTTPRedirectHeader(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		seen := make(chan string, 3)
		l, _ := w.serve(t, &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			seen <- r.URL.Path + " " + r.Header.Get("X-Mine") + " " + r.Header.Get("X-Key")
			if r.URL.Path == "/first" {
				http.Redirect(rw, r, "/second", http.StatusFound)
			}
		})})
		own := new(http.Transport)
		defer own.CloseIdleConnections()
		for _, rt := range []http.RoundTripper{own, keyTransport{own}} {
			done := inBackground(func() error {
				req, err := http.NewRequest("GET", "http://"+l.Addr().String()+"/first", nil)
				if err != nil {
					return err
				}
				req.Header.Set("X-Mine", "yes")
				client := &http.Client{Transport: rt, CheckRedirect: func(r *http.Request, via []*http.Request) error {
					via[0].Header.Set("X-Mine", "changed too late")
					return nil
				}}
				res, err := client.Do(req)
				if err != nil {
					return err
				}
				_, err = io.Copy(io.Discard, res.Body)
				res.Body.Close()
				return err
			})
			if err := soon(t, "the client", done); err != nil {
				t.Fatal(err)
			}
			key := ""
			if rt != http.RoundTripper(own) {
				key = "secret"
			}
			for _, want := range []string{"/first yes " + key, "/second yes "} {
				if got := soon(t, "a request", seen); strings.TrimSpace(got) != strings.TrimSpace(want) {
					t.Errorf("with a %T a request has %q, want %q", rt, got, want)
				}
			}
		}
	})
}

// A readConn tells of each Read that begins.
type readConn struct {
	net.Conn
	reads chan bool
}

func (c readConn) Read(b []byte) (int, error) {
	select {
	case c.reads <- true:
	default:
	}
	return c.Conn.Read(b)
}

// TestHTTPBodyClosedWhileRead closes a body that another goroutine reads from, as who
// gives up on a stream does. The connection's buffers may be the next one's only when
// nobody reads from them any more.
func TestHTTPBodyClosedWhileRead(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ended := make(chan bool)
		l, _ := w.serve(t, &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/stream" {
				io.WriteString(rw, strings.Repeat(r.URL.Path, 50))
				return
			}
			rw.Header().Set("Content-Length", "1000")
			io.WriteString(rw, "begin")
			rw.(http.Flusher).Flush()
			<-ended
		})})
		reads := make(chan bool, 100)
		tr := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, addr)
			return readConn{c, reads}, err
		}}
		client := &http.Client{Transport: tr}
		done := inBackground(func() error {
			for i := range 4 {
				stream, err := client.Get("http://" + l.Addr().String() + "/stream")
				if err != nil {
					return err
				}
				b := make([]byte, 5)
				if _, err := io.ReadFull(stream.Body, b); err != nil || string(b) != "begin" {
					return fmt.Errorf("the stream began with %q, %v", b, err)
				}
				for len(reads) > 0 {
					<-reads
				}
				read := inBackground(func() error {
					n, err := stream.Body.Read(b)
					if err == nil {
						return fmt.Errorf("it read %q of a stream that is silent", b[:n])
					}
					return nil
				})
				<-reads // it is in the connection's Read
				stream.Body.Close()
				for j := range 3 {
					path := fmt.Sprintf("/%d.%d", i, j)
					res, err := client.Get("http://" + l.Addr().String() + path)
					if err != nil {
						return err
					}
					got, err := io.ReadAll(res.Body)
					res.Body.Close()
					if want := strings.Repeat(path, 50); err != nil || string(got) != want {
						return fmt.Errorf("after a stream that was given up an answer is %q, %v, want %q", got, err, want)
					}
				}
				if err := <-read; err != nil {
					return err
				}
				ended <- true
			}
			return nil
		})
		if err := soon(t, "the client", done); err != nil {
			t.Fatal(err)
		}
	})
}
