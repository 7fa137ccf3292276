//go:build tinynet_port

package behaviour_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev/simdev"
)

var handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if r.URL.Path == "/slow" {
		<-r.Context().Done()
		return
	}
	fmt.Fprintf(w, "%s %s: %s", r.Method, r.URL.Path, body)
})

// requests makes some, over one connection if keep.
func requests(t *testing.T, client *http.Client, url string, count int) {
	t.Helper()
	for i := range count {
		body := strings.Repeat("x", i*300)
		res, err := client.Post(fmt.Sprintf("%s/%d", url, i), "text/plain", strings.NewReader(body))
		if err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
		got, err := io.ReadAll(res.Body)
		res.Body.Close()
		if want := fmt.Sprintf("POST /%d: %s", i, body); err != nil || string(got) != want {
			t.Fatalf("request %d gives %d bytes, %v; want %d", i, len(got), err, len(want))
		}
	}
}

func TestHTTPServer(t *testing.T) { each(t, testHTTPServer) }

func TestHTTPClient(t *testing.T) { each(t, testHTTPClient) }

// TestHTTPPieces has devices that send and receive a part of what they could,
// nearly always.
func TestHTTPPieces(t *testing.T) {
	for _, conf := range simdev.Profiles {
		t.Run(conf.Name, func(t *testing.T) {
			conf := conf.Faster(10)
			conf.Seed = *seed
			conf.Faults = simdev.Faults{ShortReads: 2, ShortWrites: 2}
			t.Run("client", func(t *testing.T) { over(t, conf, testHTTPClient) })
			t.Run("server", func(t *testing.T) { over(t, conf, testHTTPServer) })
		})
	}
}

func testHTTPServer(t *testing.T, w *world) {
	l := w.listen(t)
	var conns atomic.Int32
	srv := &http.Server{Handler: handler, ConnState: func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}}
	served := inBackground(func() error { return srv.Serve(l) })
	tr := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return w.peer.Dial(addrPort(l.Addr()))
	}}
	client := &http.Client{Transport: tr, Timeout: patience}
	url := "http://" + l.Addr().String()
	requests(t, client, url, 10)
	if n := conns.Load(); n != 1 {
		t.Errorf("ten requests took %d connections", n)
	}

	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tr.CloseIdleConnections()
	if err := srv.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if err := soon(t, "Serve after Shutdown", served); err != http.ErrServerClosed {
		t.Errorf("Serve gives %v", err)
	}
}

func testHTTPClient(t *testing.T, w *world) {
	l, err := w.peer.Listen()
	if err != nil {
		t.Fatal(err)
	}
	var conns atomic.Int32
	srv := &http.Server{Handler: handler, ConnState: func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}}
	served := inBackground(func() error { return srv.Serve(l) })
	tr := &http.Transport{}
	url := "http://" + l.Addr().String()
	requests(t, &http.Client{Transport: tr, Timeout: patience}, url, 10)
	if n := conns.Load(); n != 1 {
		t.Errorf("ten requests took %d connections", n)
	}

	if !w.greedy() { // a server that does not answer keeps the device
		_, err = (&http.Client{Transport: tr, Timeout: 30 * time.Millisecond}).Get(url + "/slow")
		if ne := netError(err); ne == nil || !ne.Timeout() || !os.IsTimeout(err) {
			t.Errorf("a request that takes too long gives %v", err)
		}
	}
	requests(t, &http.Client{Transport: tr, Timeout: patience}, url, 3)

	tr.CloseIdleConnections()
	srv.Close()
	soon(t, "Serve", served)
}
