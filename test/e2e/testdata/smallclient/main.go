// Smallclient uses what http.Get uses on a board in a program without TLS: a
// DefaultTransport that is no *http.Transport, times of cookies, timers. A
// server in the same program answers, over the built-in loopback.
package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

func main() {
	failed := false
	for _, part := range []struct {
		name string
		run  func() error
	}{
		{"get", get}, {"kept", kept}, {"close idle", closeIdle}, {"timeout", timeout}, {"cookie", cookie}, {"continue", expectContinue},
		{"https", https}, {"own", own}, {"set", set},
	} {
		if err := part.run(); err != nil {
			failed = true
			println(part.name+" FAIL:", err.Error())
		} else {
			println(part.name, "ok")
		}
	}
	println("end")
	if failed {
		os.Exit(1)
	}
}

var (
	conns  atomic.Int32 // that the server has accepted
	base   = serve()
	silent = make(chan struct{})
)

func serve() string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") })
	mux.HandleFunc("POST /{$}", func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
	mux.HandleFunc("/silent", func(w http.ResponseWriter, r *http.Request) { <-silent })
	mux.HandleFunc("/cookie", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "a=b; Expires=Wed, 21-Oct-2015 07:28:00 GMT")
	})
	server := &http.Server{Handler: mux, ConnState: func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}}
	go server.Serve(ln)
	return "http://" + ln.Addr().String()
}

func body(resp *http.Response, err error, want string) error {
	if err != nil {
		return err
	}
	got, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err == nil && string(got) != want {
		err = errors.New("the answer is " + string(got))
	}
	return err
}

func get() error {
	resp, err := http.Get(base + "/")
	return body(resp, err, "hello")
}

// kept: the second request goes over the connection of the first.
func kept() error {
	before := conns.Load()
	if err := get(); err != nil {
		return err
	}
	if conns.Load() != before {
		return errors.New("a new connection")
	}
	return nil
}

func closeIdle() error {
	before := conns.Load()
	http.DefaultClient.CloseIdleConnections()
	if err := get(); err != nil {
		return err
	}
	if conns.Load() != before+1 {
		return errors.New("the idle connection was not closed")
	}
	return nil
}

// timeout: net/http knows that what it has there can end requests by their context.
func timeout() error {
	client := http.Client{Timeout: 50 * time.Millisecond}
	resp, err := client.Get(base + "/silent")
	if err == nil {
		resp.Body.Close()
		return errors.New("no error")
	}
	var timed interface{ Timeout() bool }
	if !errors.As(err, &timed) || !timed.Timeout() || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	close(silent)
	return nil
}

func cookie() error {
	resp, err := http.Get(base + "/cookie")
	if err := body(resp, err, ""); err != nil {
		return err
	}
	cookies := resp.Cookies()
	if len(cookies) != 1 || cookies[0].Value != "b" || cookies[0].Expires.Unix() != 1445412480 {
		return errors.New("not the cookie")
	}
	return nil
}

func expectContinue() error {
	req, err := http.NewRequest("POST", base+"/", strings.NewReader("body"))
	if err != nil {
		return err
	}
	req.Header.Set("Expect", "100-continue")
	resp, err := http.DefaultTransport.RoundTrip(req)
	return body(resp, err, "body")
}

func https() error {
	resp, err := http.Get(strings.Replace(base, "http", "https", 1))
	if err == nil {
		resp.Body.Close()
		return errors.New("no error")
	}
	if !strings.Contains(err.Error(), "notls") {
		return err
	}
	return nil
}

// wrapped is as programs wrap the DefaultTransport.
type wrapped struct{ below http.RoundTripper }

var wraps int

func (w wrapped) RoundTrip(req *http.Request) (*http.Response, error) {
	wraps++
	return w.below.RoundTrip(req)
}

func own() error {
	client := http.Client{Transport: wrapped{http.DefaultTransport}}
	resp, err := client.Get(base + "/")
	if err := body(resp, err, "hello"); err != nil {
		return err
	}
	if wraps != 1 {
		return errors.New("not by the client's Transport")
	}
	return nil
}

// set: a program may give all its requests another Transport. It does so with
// DefaultClient, because here DefaultTransport takes no other value.
func set() error {
	http.DefaultClient.Transport = wrapped{http.DefaultTransport}
	defer func() { http.DefaultClient.Transport = nil }()
	if err := get(); err != nil {
		return err
	}
	if wraps != 2 {
		return errors.New("not by the DefaultClient's Transport")
	}
	return nil
}
