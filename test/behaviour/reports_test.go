//go:build tinynet_port

package behaviour_test

// What was reported of other HTTP and MQTT stacks for small devices, tried on the
// port. docs/tried.md says where each comes from.

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev/simdev"
)

// reported runs a test over a device with deadlines and over one without.
func reported(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	for _, name := range []string{"good", "w5500-like"} {
		t.Run(name, func(t *testing.T) { over(t, simdev.Profile(name).Faster(10), f) })
	}
}

// serveHTTP has a server of ours, and returns a connection of the peer's to it.
func serveHTTP(t *testing.T, w *world, h http.HandlerFunc) (dial func() net.Conn) {
	t.Helper()
	l := w.listen(t)
	// That there is no socket for the next client just now is part of a test.
	s := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	done := inBackground(func() error { return s.Serve(l) })
	t.Cleanup(func() {
		s.Close()
		<-done
	})
	return func() net.Conn {
		c, err := w.peer.Dial(addrPort(l.Addr()))
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(patience))
		t.Cleanup(func() { c.Close() })
		return c
	}
}

// answers has the peer for a server: it answers each request with what f says, in
// so many bytes at a time, and keeps the connection. What comes back is a client's
// URL, and how many connections there were.
func answers(t *testing.T, w *world, piece int, f func(path string) string) (url string, connections func() int) {
	t.Helper()
	l, err := w.peer.Listen()
	if err != nil {
		t.Fatal(err)
	}
	came := make(chan int, 1)
	came <- 0
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			came <- <-came + 1
			go func() {
				defer c.Close()
				for r := bufio.NewReader(c); ; {
					req, err := http.ReadRequest(r)
					if err != nil {
						return
					}
					io.Copy(io.Discard, req.Body)
					for rest := f(req.URL.Path); rest != ""; {
						n := min(piece, len(rest))
						if _, err := io.WriteString(c, rest[:n]); err != nil {
							return
						}
						rest = rest[n:]
					}
				}
			}()
		}
	}()
	t.Cleanup(func() { l.Close() })
	return "http://" + l.Addr().String(), func() int {
		n := <-came
		came <- n
		return n
	}
}

func httpClient(t *testing.T) *http.Client {
	tr := new(http.Transport)
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: patience}
}

// body fetches one, and gives the connection back.
func body(t *testing.T, c *http.Client, method, url string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r.Body)
	r.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	return r, string(text)
}

// request sends bytes to a server in pieces, and returns its answer.
func request(t *testing.T, c net.Conn, r *bufio.Reader, pieces ...string) (*http.Response, string) {
	t.Helper()
	for _, p := range pieces {
		if _, err := io.WriteString(c, p); err != nil {
			t.Fatal(err)
		}
	}
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

func TestHTTPReportChunks(t *testing.T) {
	reported(t, func(t *testing.T, w *world) {
		want := string(bytesOf(600))
		for _, piece := range []int{1, 7, 1500} {
			url, _ := answers(t, w, piece, func(string) string {
				s := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
				for i := 0; i < len(want); i += 200 {
					s += fmt.Sprintf("%x\r\n%s\r\n", 200, want[i:i+200])
				}
				return s + "0\r\n\r\n"
			})
			if _, got := body(t, httpClient(t), "GET", url); got != want {
				t.Errorf("in pieces of %d bytes, %d arrive, or others, want %d", piece, len(got), len(want))
			}
		}
	})
}

func TestHTTPReportKeepAlive(t *testing.T) {
	reported(t, func(t *testing.T, w *world) {
		dial := serveHTTP(t, w, func(rw http.ResponseWriter, _ *http.Request) { io.WriteString(rw, "42") })
		c := dial()
		r := bufio.NewReader(c)
		for i := range 100 {
			if _, got := request(t, c, r, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); got != "42" {
				t.Fatalf("answer %d on the connection is %q, want 42", i, got)
			}
		}
	})
}

func TestHTTPReportOldClient(t *testing.T) {
	reported(t, func(t *testing.T, w *world) {
		want := strings.Repeat("a long answer\n", 500)
		dial := serveHTTP(t, w, func(rw http.ResponseWriter, _ *http.Request) { io.WriteString(rw, want) })
		c := dial()
		io.WriteString(c, "GET / HTTP/1.0\r\n\r\n")
		all, err := io.ReadAll(c)
		head, text, _ := strings.Cut(string(all), "\r\n\r\n")
		if err != nil || text != want || strings.Contains(head, "chunked") {
			t.Errorf("a client of HTTP/1.0 gets %q and %d bytes, %v, want %d and no chunks", head, len(text), err, len(want))
		}
	})
}

func TestHTTPReportRedirects(t *testing.T) {
	reported(t, func(t *testing.T, w *world) {
		url, connections := answers(t, w, 1500, func(path string) string {
			if path == "/new/place" {
				return "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere"
			}
			return "HTTP/1.1 301 Moved\r\nLocation: /new/place\r\nContent-Length: 9\r\n\r\nnot here\n"
		})
		c := httpClient(t)
		for range 12 { // more than a client follows for one request
			if r, got := body(t, c, "GET", url+"/old"); got != "here" || r.Request.URL.Path != "/new/place" {
				t.Fatalf("%q from %v, want what is at the new place", got, r.Request.URL)
			}
		}
		if n := connections(); n != 1 {
			t.Errorf("there were %d connections, want one", n)
		}
	})
}

func TestHTTPReportForm(t *testing.T) {
	reported(t, func(t *testing.T, w *world) {
		dial := serveHTTP(t, w, func(rw http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(rw, "%q %q %q", r.FormValue("a&b"), r.FormValue("c"), r.FormValue("d"))
		})
		const form, want = "a%26b=1%2B1%3D2&c=with+room&d=x%26y%3Dz", `"1+1=2" "with room" "x&y=z"`
		c := dial()
		r := bufio.NewReader(c)
		if _, got := request(t, c, r, "GET /?"+form+" HTTP/1.1\r\nHost: x\r\n\r\n"); got != want {
			t.Errorf("in the URL: %s, want %s", got, want)
		}
		post := fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", len(form), form)
		if _, got := request(t, c, r, post); got != want {
			t.Errorf("in the body: %s, want %s", got, want)
		}
	})
}

func TestHTTPReportSegments(t *testing.T) {
	reported(t, func(t *testing.T, w *world) {
		dial := serveHTTP(t, w, func(rw http.ResponseWriter, r *http.Request) {
			text, err := io.ReadAll(r.Body)
			fmt.Fprintf(rw, "%s %s %v", r.URL.Path, text, err)
		})
		c := dial()
		r := bufio.NewReader(c)
		const text = "GET / HTTP/1.1 is how this body begins"
		whole := fmt.Sprintf("POST /here HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
		const want = "/here " + text + " <nil>"
		head := strings.Index(whole, text)
		for _, at := range []int{1, 5, 30, head - 3, head, head + 1, len(whole) - 1} {
			if _, got := request(t, c, r, whole[:at], whole[at:]); got != want {
				t.Errorf("cut at %d: %q, want %q", at, got, want)
			}
		}
	})
}

func TestHTTPReportContinue(t *testing.T) {
	reported(t, func(t *testing.T, w *world) {
		dial := serveHTTP(t, w, func(rw http.ResponseWriter, r *http.Request) {
			n, err := io.Copy(io.Discard, r.Body)
			fmt.Fprint(rw, n, err)
		})
		c := dial()
		r := bufio.NewReader(c)
		for range 5 {
			io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1846\r\nExpect: 100-continue\r\n\r\n")
			line, err := r.ReadString('\n')
			if line != "HTTP/1.1 100 Continue\r\n" || err != nil {
				t.Fatalf("before the body: %q, %v", line, err)
			}
			r.ReadString('\n')
			if _, got := request(t, c, r, string(bytesOf(1846))); got != "1846 <nil>" {
				t.Fatalf("%q, want 1846", got)
			}
		}
	})
}

func TestHTTPReportHead(t *testing.T) {
	reported(t, func(t *testing.T, w *world) {
		url, connections := answers(t, w, 1500, func(string) string {
			return "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n"
		})
		c := httpClient(t)
		for range 3 { // at once: the client's time-out fails the test
			if r, got := body(t, c, "HEAD", url); got != "" || r.ContentLength != 12345 {
				t.Fatalf("HEAD gives %q, and a length of %d", got, r.ContentLength)
			}
		}
		if n := connections(); n != 1 {
			t.Errorf("there were %d connections, want one", n)
		}
	})
}

func TestHTTPReportLongBody(t *testing.T) {
	reported(t, func(t *testing.T, w *world) {
		for _, size := range []int{1459, 1500, 1501, 5000, 30000} {
			want := string(bytesOf(size))
			url, _ := answers(t, w, 1000, func(string) string {
				return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-Filler: %s\r\n\r\n%s", size, strings.Repeat("x", 900), want)
			})
			if _, got := body(t, httpClient(t), "GET", url); got != want {
				t.Errorf("of %d bytes %d arrive, or others", size, len(got))
			}
		}
	})
}

func TestHTTPReportFewSockets(t *testing.T) {
	for _, name := range []string{"good", "w5500-like"} {
		conf := simdev.Profile(name).Faster(10)
		conf.MaxSockets = 2 // a listener, and one client
		t.Run(name, func(t *testing.T) {
			over(t, conf, func(t *testing.T, w *world) {
				dial := serveHTTP(t, w, func(rw http.ResponseWriter, _ *http.Request) { io.WriteString(rw, "hello") })
				for range 30 {
					c := dial()
					if _, got := request(t, c, bufio.NewReader(c), "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); got != "hello" {
						t.Fatalf("%q, want hello", got)
					}
					c.Close()
				}
			})
		})
	}
}

// TestReportSilentBroker publishes to a broker that has stopped reading.
func TestReportSilentBroker(t *testing.T) {
	reported(t, func(t *testing.T, w *world) {
		c, _ := w.connect(t)
		done := inBackground(func() error {
			for {
				c.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
				if _, err := c.Write(bytesOf(1000)); err != nil {
					return err
				}
			}
		})
		if err := soon(t, "Write to a peer that reads nothing", done); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Write gives %v, want the deadline's error", err)
		}
		start := time.Now()
		c.Close()
		if took := time.Since(start); took > patience/2 {
			t.Errorf("Close takes %v", took)
		}
	})
}

// TestReportMutePeer dials where a packet gets no answer.
func TestReportMutePeer(t *testing.T) {
	reported(t, func(t *testing.T, w *world) {
		start := time.Now()
		_, err := net.DialTimeout("tcp", "10.0.0.99:1883", 20*time.Millisecond)
		if ne, ok := err.(net.Error); !ok || !ne.Timeout() { // TinyGo's errors.As panics for an interface
			t.Errorf("Dial gives %v, want a time-out", err)
		}
		if took := time.Since(start); took > patience/2 {
			t.Errorf("Dial takes %v", took)
		}
	})
}
