//go:build tinynet_port

package behaviour_test

import (
	"bufio"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/devtest"
	"github.com/tinynet/tinynet/netdev/simdev"
)

// attacked runs a test over the loopback, over a device with 8 sockets, and over
// those of other modules.
func attacked(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	t.Run("loopback", func(t *testing.T) {
		run(t, &world{name: "loopback", ip: home, peer: devtest.Computer(home)}, netdev.Loopback(), f)
	})
	small(t, f)
}

// small is attacked without the loopback.
func small(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	t.Run("w5500-like", func(t *testing.T) { over(t, simdev.Profile("w5500-like"), f) })
	for name, over := range otherModules {
		t.Run(name, func(t *testing.T) { over(t, f) })
	}
}

// home is this computer.
var home = netip.MustParseAddr("127.0.0.1")

var hello = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		http.Error(w, "bad body", http.StatusBadRequest)
		return
	}
	io.WriteString(w, "hello "+r.URL.Path)
})

// stillUp checks that the server answers somebody who behaves, who may have to
// wait for a socket.
func (w *world) stillUp(t *testing.T, l net.Listener) {
	t.Helper()
	end := time.Now().Add(patience)
	for {
		err := func() error {
			c, err := w.peer.Dial(addrPort(l.Addr()))
			if err != nil {
				return err
			}
			defer c.Close()
			c.SetDeadline(end)
			if _, err := io.WriteString(c, "GET /up HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
				return err
			}
			res, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				return err
			}
			body, err := io.ReadAll(res.Body)
			if err == nil && string(body) != "hello /up" {
				err = errors.New("the answer is " + string(body))
			}
			return err
		}()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the server is down: %v", err)
		}
		runtime.Gosched()
	}
}

// flood writes until the server has had enough, and returns how much it took.
func flood(c net.Conn, p []byte, most int) (sent int) {
	for sent < most {
		n, err := c.Write(p)
		if sent += n; err != nil {
			break
		}
	}
	return sent
}

// inUse returns the bytes of heap that something refers to: the least of three
// looks, for others allocate between a collection and a look.
func inUse() int64 {
	least := int64(math.MaxInt64)
	for range 3 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		least = min(least, int64(m.HeapAlloc))
	}
	return least
}

// bounded checks that an attack never has more than so many bytes of heap in use,
// the attackers' too.
func bounded(t *testing.T, most int64, attack func()) {
	t.Helper()
	before := inUse()
	end, done := make(chan bool), make(chan int64)
	go func() {
		var peak int64
		for {
			peak = max(peak, inUse()-before)
			select {
			case <-end:
				done <- peak
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	attack()
	close(end)
	peak := <-done
	t.Logf("at most %d bytes of heap are in use", peak)
	if peak > most && !stacksOnHeap {
		t.Errorf("%d bytes of heap are in use, want at most %d", peak, most)
	}
}

// TestHTTPSlowloris has as many clients as there are sockets, each of which
// sends a byte every 10 ms.
func TestHTTPSlowloris(t *testing.T) {
	attacked(t, func(t *testing.T, w *world) {
		l, _ := w.serve(t, &http.Server{Handler: hello, ReadHeaderTimeout: 100 * time.Millisecond})
		bounded(t, 256<<10+20*w.memory, func() {
			var clients sync.WaitGroup
			for range 10 {
				clients.Add(1)
				go func() {
					defer clients.Done()
					c, err := w.peer.Dial(addrPort(l.Addr()))
					if err != nil {
						return
					}
					defer c.Close()
					pace := time.NewTicker(10 * time.Millisecond)
					defer pace.Stop()
					// Slower than the server allows, and longer than it waits.
					for range 1000 {
						<-pace.C
						if _, err := c.Write([]byte("G")); err != nil {
							return
						}
					}
					t.Error("a client may send for 10 s")
				}()
			}
			w.stillUp(t, l)
			clients.Wait()
		})
		w.stillUp(t, l)
	})
}

// TestHTTPEndlessHeaders sends headers, or one header, without end.
func TestHTTPEndlessHeaders(t *testing.T) {
	const most = 4 << 20
	for _, piece := range []string{"X-A: b\r\n", strings.Repeat("a", 100)} {
		attacked(t, func(t *testing.T, w *world) {
			l, _ := w.serve(t, &http.Server{Handler: hello, MaxHeaderBytes: 4 << 10})
			c := w.caller(t, l)
			c.send(t, "GET / HTTP/1.1\r\nHost: x\r\nX: ")
			got := make(chan string, 1)
			go func() {
				res, err := http.ReadResponse(c.r, nil)
				if err != nil {
					got <- err.Error()
				} else {
					got <- res.Status
				}
				c.Close()
			}()
			bounded(t, 256<<10+20*w.memory, func() {
				if sent := flood(c, []byte(strings.Repeat(piece, 10)), most); sent >= most {
					t.Errorf("the server took %d bytes of headers", sent)
				}
			})
			if status := soon(t, "the answer", got); !strings.HasPrefix(status, "431") && !strings.Contains(status, "reset") && !strings.Contains(status, "EOF") {
				t.Errorf("the answer is %q", status)
			}
			w.stillUp(t, l)
		})
	}
}

// TestHTTPChunkExtensions sends chunks that are nearly all extension.
func TestHTTPChunkExtensions(t *testing.T) {
	const most = 4 << 20
	for _, chunk := range []string{"1;" + strings.Repeat("x", 2000) + "\r\na\r\n", "1;" + strings.Repeat("x", 5000)} {
		attacked(t, func(t *testing.T, w *world) {
			l, _ := w.serve(t, &http.Server{Handler: hello})
			c := w.caller(t, l)
			c.send(t, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
			got := make(chan string, 1)
			go func() {
				res, err := http.ReadResponse(c.r, nil)
				if err != nil {
					got <- err.Error()
				} else {
					got <- res.Status
				}
				c.Close()
			}()
			bounded(t, 256<<10+20*w.memory, func() {
				if sent := flood(c, []byte(chunk), most); sent >= most {
					t.Errorf("the server took %d bytes of chunks with nothing in them", sent)
				}
			})
			if status := soon(t, "the answer", got); strings.HasPrefix(status, "200") {
				t.Errorf("the answer is %q", status)
			}
			w.stillUp(t, l)
		})
	}
}

const postFirst = "POST /first HTTP/1.1\r\nHost: x\r\n"

// smuggling is what two servers could understand in two ways.
var smuggling = []struct {
	name, request string
	want          []string // the statuses, or the paths that are answered
}{
	{"length and chunks", postFirst + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n", []string{"/first", "/second"}},
	{"chunks and length", postFirst + "Transfer-Encoding: chunked\r\nContent-Length: 40\r\n\r\n0\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n", []string{"/first", "/second"}},
	{"two lengths", postFirst + "Content-Length: 0\r\nContent-Length: 30\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n", []string{"400"}},
	{"two lengths in one", postFirst + "Content-Length: 0, 30\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n", []string{"400"}},
	{"signed length", postFirst + "Content-Length: +0\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n", []string{"400"}},
	{"unknown coding", postFirst + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n", []string{"501"}},
	{"two codings", postFirst + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n", []string{"501"}},
	{"coding twice", postFirst + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n", []string{"501"}},
	{"blank before the colon", postFirst + "Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n", []string{"400"}},
	{"folded coding", postFirst + "X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n", []string{"/first", "/second"}},
	{"folded first header", "POST /first HTTP/1.1\r\n Transfer-Encoding: chunked\r\nHost: x\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n", []string{"400"}},
	{"bare LF in a chunk's size", postFirst + "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n", []string{"400"}},
	{"bare LF in an extension", postFirst + "Transfer-Encoding: chunked\r\n\r\n5;a\nb\r\nhello\r\n0\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n", []string{"400"}},
	{"bare CR in a header", postFirst + "X: a\rTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n", []string{"400"}},
	{"nothing between CR and LF", postFirst + "X: a\r\r\nContent-Length: 0\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n", []string{"400"}},
	{"a zero byte", postFirst + "X: a\x00b\r\nContent-Length: 0\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n", []string{"400"}},
	{"two hosts", "GET /first HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", []string{"400"}},
	{"no host", "GET /first HTTP/1.1\r\n\r\n", []string{"400"}},
	{"chunks in HTTP/1.0", "POST /first HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n", []string{"/first"}},
	{"chunk too long", postFirst + "Transfer-Encoding: chunked\r\n\r\n10000000000000001\r\nhello", []string{"400"}},
	{"chunk with a sign", postFirst + "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n", []string{"400"}},
}

// TestHTTPSmuggling sends all of it. Each is refused, or understood as RFC 9112
// has it; what is behind it is never taken for a request unless that is what it
// is.
func TestHTTPSmuggling(t *testing.T) {
	attacked(t, func(t *testing.T, w *world) {
		for _, test := range smuggling {
			t.Run(test.name, func(t *testing.T) {
				l, _ := w.serve(t, &http.Server{Handler: hello})
				c := w.caller(t, l)
				c.send(t, test.request)
				for i, want := range test.want {
					res, err := http.ReadResponse(c.r, nil)
					if err != nil {
						t.Fatalf("answer %d: %v", i, err)
					}
					body, err := io.ReadAll(res.Body)
					if err != nil {
						t.Fatalf("answer %d: %v", i, err)
					}
					got := strings.TrimPrefix(string(body), "hello ")
					if want[0] != '/' {
						got = res.Status[:3]
					}
					if got != want {
						t.Fatalf("answer %d is %s, %q; want %s", i, res.Status, body, want)
					}
				}
				if test.want[len(test.want)-1][0] != '/' || test.name == "chunks in HTTP/1.0" {
					if b, err := c.r.ReadByte(); err == nil {
						rest, _ := c.r.Peek(c.r.Buffered())
						t.Errorf("after the refusal comes %c%s", b, rest)
					}
				}
				c.Close()
				w.stillUp(t, l)
			})
		}
	})
}

// TestHTTPHalfOpen has a thousand clients that connect and send nothing, or the
// half of a request, against 8 sockets.
func TestHTTPHalfOpen(t *testing.T) {
	small(t, func(t *testing.T, w *world) {
		var open, most atomic.Int32
		l, _ := w.serve(t, &http.Server{
			Handler: hello, ReadHeaderTimeout: 5 * time.Millisecond,
			ConnState: func(_ net.Conn, s http.ConnState) {
				switch s {
				case http.StateNew:
					n := open.Add(1)
					for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
					}
				case http.StateClosed:
					open.Add(-1)
				}
			},
		})
		bounded(t, 1<<20+200*w.memory, func() {
			var clients sync.WaitGroup
			var left atomic.Int32
			left.Store(1000)
			for range 20 {
				clients.Add(1)
				go func() {
					defer clients.Done()
					for n := left.Add(-1); n >= 0; n = left.Add(-1) {
						c, err := w.peer.Dial(addrPort(l.Addr()))
						if err != nil {
							continue // the server's backlog is full
						}
						c.SetDeadline(time.Now().Add(patience))
						if n%2 == 0 {
							io.WriteString(c, "GET / HTTP/1.1\r\nHo")
						}
						io.Copy(io.Discard, c) // until the server hangs up
						c.Close()
					}
				}()
			}
			clients.Wait()
		})
		if n := most.Load(); n < 2 || int(n) > w.sockets() {
			t.Errorf("the server had %d connections at once", n)
		}
		w.stillUp(t, l)
	})
}

// TestHTTPTraversal asks a FileServer for a file outside of its folder.
func TestHTTPTraversal(t *testing.T) {
	dir := t.TempDir()
	pages := filepath.Join(dir, "pages")
	for name, text := range map[string]string{filepath.Join(dir, "secret"): "secret", filepath.Join(pages, "page"): "page", filepath.Join(pages, "in", "page"): "page"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	attacked(t, func(t *testing.T, w *world) {
		mux := http.NewServeMux()
		mux.Handle("/", http.FileServer(http.Dir(pages)))
		mux.Handle("/fs/", http.StripPrefix("/fs", http.FileServerFS(os.DirFS(pages))))
		for _, h := range []http.Handler{mux, http.FileServer(http.Dir(pages))} {
			l, _ := w.serve(t, &http.Server{Handler: h})
			for _, path := range []string{
				"/../secret", "/in/../../secret", "/%2e%2e/secret", "/..%2fsecret", "/..%2Fsecret", "/%2e%2e%2fsecret",
				"/in/..%2f..%2fsecret", "/..\\secret", "/..%5csecret", "//../secret", "/./../secret", "/....//secret",
				"/fs/../secret", "/fs/..%2fsecret", "/fs/%2e%2e/secret", "/fs//../secret", "/%252e%252e/secret", "../secret", "/..",
			} {
				c := w.caller(t, l)
				c.send(t, "GET "+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
				all, err := io.ReadAll(c.r)
				if err != nil || strings.HasPrefix(string(all), "HTTP/1.1 200") && !strings.Contains(string(all), "<pre>") || strings.Contains(string(all), "\r\n\r\nsecret") {
					t.Errorf("%s gives %.200q, %v", path, all, err)
				}
				c.Close()
			}
			c := w.caller(t, l)
			c.send(t, "GET /in/page HTTP/1.1\r\nHost: x\r\n\r\n")
			if _, body := c.answer(t); body != "page" {
				t.Errorf("a page that is there is %q", body)
			}
			c.Close()
		}
	})
}

// TestHTTPSplitting has handlers that put what a client sends into headers.
func TestHTTPSplitting(t *testing.T) {
	const evil = "a\r\nX-Evil: 1\r\n\r\n<evil>\nX-Evil: 2\rX-Evil: 3"
	attacked(t, func(t *testing.T, w *world) {
		for name, h := range map[string]http.HandlerFunc{
			"value":       func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-Name", evil) },
			"key":         func(w http.ResponseWriter, r *http.Request) { w.Header()["X-Name: b\r\nX-Evil"] = []string{"1"} },
			"location":    func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/"+evil, http.StatusFound) },
			"cookie":      func(w http.ResponseWriter, r *http.Request) { http.SetCookie(w, &http.Cookie{Name: "c", Value: evil}) },
			"cookie path": func(w http.ResponseWriter, r *http.Request) { http.SetCookie(w, &http.Cookie{Name: "c", Path: evil}) },
			"trailer": func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Trailer", "X-Name")
				io.WriteString(w, "text")
				w.Header().Set("X-Name", evil)
			},
		} {
			l, _ := w.serve(t, &http.Server{Handler: h})
			c := w.caller(t, l)
			c.send(t, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
			all, err := io.ReadAll(c.r)
			if err != nil {
				t.Fatal(err)
			}
			looked := string(all)
			if name == "location" { // the body may say what it likes
				looked, _, _ = strings.Cut(looked, "\r\n\r\n")
			}
			for _, line := range strings.FieldsFunc(looked, func(r rune) bool { return r == '\r' || r == '\n' }) {
				if strings.HasPrefix(line, "X-Evil") || strings.HasPrefix(line, "<evil>") {
					t.Errorf("%s: the answer is split:\n%s", name, all)
				}
			}
			c.Close()
		}
	})
}
