//go:build tinynet_port

package w5500_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"time"

	sim "github.com/tinynet/tinynet/netdev/w5500sim"
)

// computer serves HTTP on this computer, and returns its port.
func computer(t *testing.T, h http.HandlerFunc) uint16 {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: h}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	return l.Addr().(*net.TCPAddr).AddrPort().Port()
}

func TestHTTPClient(t *testing.T) {
	w := newWorld(t, sim.Config{}, true)
	block := make(chan struct{})
	defer close(block)
	port := computer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/close":
			w.Header().Set("Connection", "close")
		case "/wait":
			select {
			case <-block:
			case <-r.Context().Done():
			}
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || len(body) == 0 {
			body = fmt.Appendf(nil, "%s, %v", r.URL.Path, err)
		}
		w.Write(body)
	})
	c := &http.Client{Timeout: patience, Transport: &http.Transport{MaxConnsPerHost: 6}}
	defer c.CloseIdleConnections()
	base := fmt.Sprintf("http://computer.example:%d", port)
	for i := range 10 { // more than there are sockets
		path := "/keep"
		if i%2 == 0 {
			path = "/close"
		}
		res, err := c.Get(base + path)
		if err != nil {
			t.Fatal(i, err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if string(body) != path+", <nil>" || err != nil {
			t.Errorf("got %q, %v", body, err)
		}
	}
	var all sync.WaitGroup
	for range 12 {
		all.Add(1)
		go func() {
			defer all.Done()
			data := pattern(20000)
			r, out := io.Pipe()
			go func() { out.Write(data); out.Close() }()
			res, err := c.Post(base+"/echo", "text/plain", r)
			if err != nil {
				t.Error(err)
				return
			}
			defer res.Body.Close()
			if got, err := io.ReadAll(res.Body); string(got) != string(data) || err != nil {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		}()
	}
	all.Wait()
	c.CloseIdleConnections()
	c = &http.Client{Timeout: 50 * time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true}}
	_, err := c.Get(base + "/wait")
	var ne net.Error
	if !errors.As(err, &ne) || !ne.Timeout() {
		t.Errorf("got %v, want a time-out", err)
	}
	if err := w.chip.AwaitOpen(w.ctx, 0); err != nil {
		t.Errorf("%d sockets stay open", w.chip.OpenSockets())
	}
}

func TestDial(t *testing.T) {
	w := newWorld(t, sim.Config{Faster: 20}, true)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).AddrPort().Port()
	l.Close()
	at := netip.AddrPortFrom(hostIP, port).String()
	if _, err := net.Dial("tcp", at); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("Dial gives %v", err)
	}
	dead := netip.AddrPortFrom(netip.MustParseAddr("192.168.1.9"), port).String()
	_, err = net.Dial("tcp", dead) // ARPTO, 90 ms
	var ne net.Error
	if !errors.As(err, &ne) || !ne.Timeout() {
		t.Errorf("Dial gives %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err = new(net.Dialer).DialContext(ctx, "tcp", dead)
	if !errors.As(err, &ne) || !ne.Timeout() {
		t.Errorf("DialContext gives %v", err)
	}
	if err := w.chip.AwaitOpen(w.ctx, 0); err != nil {
		t.Errorf("%d sockets stay open", w.chip.OpenSockets())
	}
}

// With the driver as it is, a client can't connect; but it does not hang.
func TestHTTPClientUnmended(t *testing.T) {
	newWorld(t, sim.Config{}, false)
	port := computer(t, func(http.ResponseWriter, *http.Request) {})
	c := &http.Client{Timeout: 50 * time.Millisecond, Transport: &http.Transport{}}
	_, err := c.Get(fmt.Sprintf("http://computer.example:%d/", port))
	var ne net.Error
	if !errors.As(err, &ne) || !ne.Timeout() {
		t.Errorf("got %v, want a time-out", err)
	}
}

// The cable is pulled, and TCPTO ends the connection.
func TestDeadPeer(t *testing.T) {
	each(t, sim.Config{Faster: 1000}, func(t *testing.T, w *world) {
		ours, _ := w.accept(t, w.listen(t, 80))
		w.chip.SetLink(false)
		if w.driver.LinkStatus() != 0 {
			t.Error("the link is up")
		}
		done := make(chan error, 1)
		go func() {
			_, err := ours.Write([]byte("x"))
			done <- err
		}()
		select {
		case err := <-done:
			// The chip has closed the socket by then, which may be all that is
			// seen of it.
			if ne, ok := err.(net.Error); !ok || !ne.Timeout() && !errors.Is(err, syscall.EPIPE) {
				t.Errorf("Write with no cable gives %v, want a timeout or EPIPE", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("Write with no cable does not end")
		}
	})
}
