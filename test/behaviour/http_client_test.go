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
	"time"

	"github.com/tinynet/tinynet/netdev/simdev"
)

// canned starts a server of the peer that gives each connection the same
// answer to whatever it asks, and keeps the connection. The answer may be "",
// for a server that never answers. What it returns says that a request is
// there.
func (w *world) canned(t *testing.T, answer string) (url string, asked <-chan bool) {
	t.Helper()
	l, err := w.peer.Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	requests := make(chan bool, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				var got strings.Builder
				buf := make([]byte, 512)
				for {
					n, err := c.Read(buf)
					if got.Write(buf[:n]); err != nil {
						return
					}
					if strings.HasSuffix(got.String(), "\r\n\r\n") {
						got.Reset()
						requests <- true
						io.WriteString(c, answer)
					}
				}
			}()
		}
	}()
	return "http://" + l.Addr().String(), requests
}

// TestHTTPLeavesNoSocket ends requests in all ways. No socket stays but that
// of a connection that can be used again, and none once those are closed.
func TestHTTPLeavesNoSocket(t *testing.T) {
	const (
		head = "HTTP/1.1 "
		long = "Content-Length: 100000\r\n\r\nthe first bytes of many"
	)
	for _, test := range []struct {
		name, method, answer string
		fails, unread, keeps bool
	}{
		{name: "204", answer: head + "204 No Content\r\n\r\n", keeps: true},
		{name: "304", answer: head + "304 Not Modified\r\n\r\n", keeps: true},
		{name: "HEAD", method: "HEAD", answer: head + "200 OK\r\nContent-Length: 5\r\n\r\n", keeps: true},
		{name: "Content-Length 0", answer: head + "200 OK\r\nContent-Length: 0\r\n\r\n", keeps: true},
		{name: "body", answer: head + "200 OK\r\nContent-Length: 5\r\n\r\nhello", keeps: true},
		{name: "Connection close", answer: head + "200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"},
		{name: "redirects", answer: head + "302 Found\r\nLocation: /on\r\nContent-Length: 5\r\n\r\nhello", fails: true, keeps: true},
		{name: "redirect nowhere", answer: head + "302 Found\r\nLocation: ://\r\nContent-Length: 5\r\n\r\nhello", fails: true},
		{name: "early Close", answer: head + "200 OK\r\n" + long, unread: true},
		{name: "early Close of chunks", answer: head + "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", unread: true},
		{name: "no HTTP", answer: "220 mail.example ESMTP\r\n", fails: true},
		{name: "bad header", answer: head + "200 OK\r\nno colon\r\n\r\n", fails: true},
		{name: "two lengths", answer: head + "200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nhello", fails: true},
		{name: "bad chunk", answer: head + "200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", unread: true},
		{name: "endless headers", answer: head + "200 OK\r\n" + strings.Repeat("A: "+strings.Repeat("b", 997)+"\r\n", 20), fails: true},
		{name: "cancelled"},
	} {
		t.Run(test.name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				if w.greedy() && test.answer == "" {
					skip(t, "a server that does not answer keeps the device")
					return
				}
				url, asked := w.canned(t, test.answer)
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				if test.answer == "" {
					go func() {
						<-asked
						cancel()
					}()
				}
				tr := &http.Transport{MaxResponseHeaderBytes: 4 << 10}
				method := test.method
				if method == "" {
					method = "GET"
				}
				for range 2 {
					req, err := http.NewRequestWithContext(ctx, method, url, nil)
					if err != nil {
						t.Fatal(err)
					}
					done := inBackground(func() error {
						res, err := (&http.Client{Transport: tr}).Do(req)
						if err != nil {
							return err
						}
						if !test.unread {
							_, err = io.Copy(io.Discard, res.Body)
						}
						res.Body.Close()
						return err
					})
					err = soon(t, "the request", done)
					if wantErr := test.fails || test.answer == ""; (err != nil) != wantErr {
						t.Errorf("the request gives %v", err)
					}
				}
				if w.dev != nil {
					most := 0
					if test.keeps {
						most = 1
					}
					if !w.dev.AwaitSockets(most, patience) {
						t.Errorf("%d sockets are open after the answer, want %d", w.dev.OpenSockets(), most)
					}
				}
				tr.CloseIdleConnections()
				if w.dev != nil && !w.dev.AwaitSockets(0, patience) {
					t.Errorf("%d sockets are open in the end", w.dev.OpenSockets())
				}
			})
		})
	}
}

// TestHTTPFewSockets asks more servers than the device has sockets, and keeps
// connections all the while.
func TestHTTPFewSockets(t *testing.T) {
	for _, conf := range simdev.Profiles {
		t.Run(conf.Name, func(t *testing.T) {
			conf := conf.Faster(10)
			sockets := 4
			if conf.Misbehaviour.OneSocket {
				sockets = 1
			} else {
				conf.MaxSockets = sockets
			}
			over(t, conf, func(t *testing.T, w *world) {
				var urls []string
				for i := range 7 {
					url, _ := w.canned(t, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d", i))
					urls = append(urls, url)
				}
				tr := new(http.Transport)
				client := &http.Client{Transport: tr, Timeout: patience}
				for range 2 {
					for i, url := range urls {
						res, err := client.Get(url)
						if err != nil {
							t.Fatalf("server %d: %v", i, err)
						}
						body, err := io.ReadAll(res.Body)
						res.Body.Close()
						if err != nil || string(body) != fmt.Sprint(i) {
							t.Fatalf("server %d answers %q, %v", i, body, err)
						}
					}
				}
				if n := w.dev.OpenSockets(); n > sockets {
					t.Errorf("%d sockets are open, of %d", n, sockets)
				}
				tr.CloseIdleConnections()
			})
		})
	}
}

// TestHTTPNoSocketsLeft checks the error where all sockets are busy.
func TestHTTPNoSocketsLeft(t *testing.T) {
	conf := simdev.Profile("good")
	conf.MaxSockets = 2
	over(t, conf, func(t *testing.T, w *world) {
		for range conf.MaxSockets {
			w.connect(t)
		}
		url, _ := w.canned(t, "")
		done := inBackground(func() error {
			_, err := (&http.Client{Transport: new(http.Transport)}).Get(url)
			return err
		})
		if err := soon(t, "Get", done); err == nil || !strings.Contains(err.Error(), "no more sockets") {
			t.Errorf("without a socket, Get gives %v", err)
		}
	})
}

// TestHTTPDeadHost asks an address where nobody is.
func TestHTTPDeadHost(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if w.dev == nil || w.greedy() {
			skip(t, "no such address, or no way to leave the call")
			return
		}
		tr := &http.Transport{DialContext: (&net.Dialer{Timeout: 20 * time.Millisecond}).DialContext}
		done := inBackground(func() error {
			_, err := (&http.Client{Transport: tr}).Get("http://10.0.0.99/")
			return err
		})
		if err := soon(t, "Get", done); err == nil {
			t.Error("a host that is not there answers")
		}
	})
}
