//go:build unix

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is the limit of what should take no time, on a machine that is busy
// with other tests.
const patience = 60 * time.Second

// TestReadmeCommand is the README's first command, on a port that is free, and
// ends as a reader ends it: by Ctrl-C.
func TestReadmeCommand(t *testing.T) {
	p, url := serve(t, "go", "run", "./cmd/tinynet", "run", "./examples/webserver", "--", "-addr", "127.0.0.1:0")
	if want := regexp.MustCompile(`^http://127\.0\.0\.1:[1-9][0-9]*$`); !want.MatchString(url) {
		t.Fatalf("it listens on %q, want %v", url, want)
	}
	p.onPort(t, "main.(*site).page")
	b := newBrowser(t, url)
	if page := b.page(); !strings.Contains(page, "<h1>tinynet</h1>") {
		t.Errorf("this is not the page:\n%s", page)
	}
	b.post("/count", nil)
	if got := b.shown("count"); got != "1" {
		t.Errorf("after one press the counter shows %s", got)
	}
	b.close()
	p.interrupt(t) // go run's own status is 1 then, whatever the program's is
}

// TestTinynetRunStops ends tinynet run in both of the ways that it is ended.
func TestTinynetRunStops(t *testing.T) {
	t.Parallel()
	// All addresses: what is printed must be something to open all the same.
	args := []string{"run", "./examples/webserver", "--", "-addr", ":0"}
	want := regexp.MustCompile(`^http://localhost:[1-9][0-9]*$`)
	var port string
	start := func() *process {
		p, url := serve(t, tinynet(t), args...)
		port = url[strings.LastIndexByte(url, ':'):]
		if !want.MatchString(url) {
			t.Fatalf("it listens on %q, want %v", url, want)
		}
		b := newBrowser(t, url)
		b.page()
		b.close()
		return p
	}
	// As a service manager does: only tinynet is told, and the program must get to know.
	start().stop(t, syscall.SIGTERM)
	// By Ctrl-C.
	p := start()
	if status := p.interrupt(t); status != 0 {
		t.Errorf("%s ended with status %d after an interrupt, want 0:\n%s", p.cmd, status, p.said())
	}
	ln, err := net.Listen("tcp", port)
	if err != nil {
		t.Fatalf("after an interrupt the port is not free: %v", err)
	}
	ln.Close()
}

// TestWebserverStartErrors: what cannot be done is said, and told by the exit
// status, through tinynet run as well.
func TestWebserverStartErrors(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for _, test := range []struct {
		args   []string
		status int
		said   string
	}{
		{[]string{"-addr", ln.Addr().String()}, 1, "address already in use"},
		{[]string{"-addr", "127.0.0.1:99999"}, 1, "invalid port"},
		{[]string{"-addr", "nonsense"}, 1, "missing port in address"},
		{[]string{"-port", "80"}, 2, "flag provided but not defined: -port"},
		{[]string{"8080"}, 2, "unexpected argument 8080"},
	} {
		p := launch(t, tinynet(t), append([]string{"run", "./examples/webserver", "--"}, test.args...)...)
		if status := p.wait(t, startLimit); status != test.status || !strings.Contains(p.said(), test.said) {
			t.Errorf("webserver %v: status %d, want %d; it said:\n%swant %q in it",
				test.args, status, test.status, p.said(), test.said)
		}
	}
}

// TestWebserver is what browsers do and clients do wrong.
func TestWebserver(t *testing.T) {
	t.Parallel()
	p, url := serve(t, build(t, "webserver"), "-addr", "127.0.0.1:0")
	t.Run("clients", func(t *testing.T) {
		for name, test := range map[string]func(*testing.T, string){
			"page":             testPage,
			"counter":          testCounter,
			"form":             testForm,
			"cookie":           testCookie,
			"LED":              testLED,
			"not found":        testNotFound,
			"HEAD":             testHead,
			"keep-alive":       testKeepAlive,
			"big POST":         testBigPost,
			"big header":       testBigHeader,
			"HTTP/1.0":         testHTTP10,
			"malformed":        testMalformed,
			"many connections": testManyConnections,
			"slow client":      testSlowClient,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, url)
			})
		}
	})
	p.stop(t, syscall.SIGTERM)
	if out := p.said(); strings.Contains(out, "DATA RACE") || strings.Contains(out, "panic") {
		t.Errorf("the server said:\n%s", out)
	}
}

// TestGracefulStop: a request that is under way when the signal comes is
// answered; new ones are not taken.
func TestGracefulStop(t *testing.T) {
	t.Parallel()
	p, url := serve(t, build(t, "webserver"), "-addr", "127.0.0.1:0")
	host := strings.TrimPrefix(url, "http://")
	conn := dial(t, host)
	// The head and a part of the form. The answer to "100-continue" says that the handler has begun to read.
	io.WriteString(conn, "POST /note HTTP/1.1\r\nHost: "+host+"\r\nContent-Type: application/x-www-form-urlencoded\r\n"+
		"Expect: 100-continue\r\nContent-Length: 21\r\n\r\n")
	r := bufio.NewReader(conn)
	if line, err := r.ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("got %q, %v, want 100 Continue", line, err)
	}
	if line, err := r.ReadString('\n'); err != nil || line != "\r\n" {
		t.Fatalf("got %q, %v, want an empty line", line, err)
	}
	io.WriteString(conn, "name=Grete&")

	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); ; {
		c, err := net.DialTimeout("tcp", host, patience)
		if errors.Is(err, syscall.ECONNREFUSED) {
			break
		}
		if err == nil {
			c.Close()
		}
		if time.Now().After(end) {
			t.Fatalf("it still takes connections %v after SIGTERM (the last try: %v)", patience, err)
		}
	}
	io.WriteString(conn, "text=hello")
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatalf("the request that was under way got no answer: %v", err)
	}
	if resp.StatusCode != http.StatusSeeOther {
		t.Errorf("the request that was under way got %s, want 303", resp.Status)
	}
	if status := p.wait(t, stopLimit); status != 0 {
		t.Errorf("it ended with status %d, want 0:\n%s", status, p.said())
	}
}

// A browser is a client with its own connections and cookies.
type browser struct {
	t      *testing.T
	url    string
	client *http.Client
}

func newBrowser(t *testing.T, url string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t, url, &http.Client{Jar: jar, Transport: &http.Transport{}, Timeout: patience}}
	t.Cleanup(b.close)
	return b
}

func (b *browser) close() { b.client.CloseIdleConnections() }

// do sends a request; the answer must have this status. It returns the body.
func (b *browser) do(r *http.Request, status int) string {
	b.t.Helper()
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatalf("%s %s: reading the body: %v", r.Method, r.URL, err)
	}
	if resp.StatusCode != status {
		b.t.Fatalf("%s %s: %s, want %d:\n%.200s", r.Method, r.URL, resp.Status, status, body)
	}
	return string(body)
}

func (b *browser) request(method, path string, body io.Reader) *http.Request {
	b.t.Helper()
	r, err := http.NewRequest(method, b.url+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

func (b *browser) page() string {
	b.t.Helper()
	return b.do(b.request("GET", "/", nil), http.StatusOK)
}

// shown is the text of the page's element of this id.
func (b *browser) shown(id string) string {
	b.t.Helper()
	return textOf(b.t, b.page(), id)
}

func textOf(t *testing.T, page, id string) string {
	t.Helper()
	m := regexp.MustCompile(`<\w+ id="` + id + `">([^<]*)</`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("the page has no text with id %q:\n%s", id, page)
	}
	return html.UnescapeString(m[1])
}

// post sends a form as a browser does, and returns the page that it is sent on to.
func (b *browser) post(path string, form url.Values) string {
	b.t.Helper()
	r := b.request("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", b.url)
	return b.do(r, http.StatusOK)
}

func dial(t *testing.T, host string) *net.TCPConn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", host, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return conn.(*net.TCPConn)
}

func testPage(t *testing.T, url string) {
	b := newBrowser(t, url)
	resp, err := b.client.Get(url + "/")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 200 || resp.Proto != "HTTP/1.1" || resp.Header.Get("Content-Type") != "text/html; charset=utf-8" ||
		resp.ContentLength != int64(len(body)) {
		t.Errorf("%s %s, %v, content length %d of %d", resp.Proto, resp.Status, resp.Header, resp.ContentLength, len(body))
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err != nil || time.Since(date).Abs() > time.Hour {
		t.Errorf("Date: %v, %v", resp.Header["Date"], err)
	}
	for _, want := range []string{"<!doctype html>", `<form method="post" action="/count">`, runtime.GOOS + "/" + runtime.GOARCH} {
		if !bytes.Contains(body, []byte(want)) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// testCounter is alone in pressing the counter, from many clients at once.
func testCounter(t *testing.T, url string) {
	const clients, presses = 20, 10
	b := newBrowser(t, url)
	before, err := strconv.Atoi(b.shown("count"))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range clients {
		wg.Add(1)
		go func() {
			defer wg.Done()
			client := &http.Client{Transport: &http.Transport{}, Timeout: patience}
			defer client.CloseIdleConnections()
			for range presses {
				resp, err := client.PostForm(url+"/count", nil)
				if err != nil {
					t.Error(err)
					return
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if resp.StatusCode != 200 || resp.Request.Method != "GET" {
					t.Errorf("a press led to %s %s: %s", resp.Request.Method, resp.Request.URL, resp.Status)
				}
			}
		}()
	}
	wg.Wait()
	if got, want := b.shown("count"), strconv.Itoa(before+clients*presses); got != want {
		t.Errorf("after %d presses at %d the counter shows %s, want %s", clients*presses, before, got, want)
	}
}

func testForm(t *testing.T, url string) {
	b := newBrowser(t, url)
	name, text := `Grete "G" O'Neill`, "<script>alert(1)</script>\n& 100 % äöü 日本 \U0001f600"
	page := b.post("/note", map[string][]string{"name": {name}, "text": {text}})
	if got := textOf(t, page, "name"); got != name {
		t.Errorf("the page shows the name %q, want %q", got, name)
	}
	if got := textOf(t, page, "text"); got != text {
		t.Errorf("the page shows the text %q, want %q", got, text)
	}
	if strings.Contains(page, "<script") {
		t.Error("the visitor's text became markup")
	}

	// Sent without a body at all, it is no note.
	b.do(b.request("POST", "/note", nil), http.StatusBadRequest)
	r := b.request("POST", "/count", nil)
	r.Header.Set("Origin", "http://evil.example")
	b.do(r, http.StatusForbidden)
}

func testCookie(t *testing.T, url string) {
	b := newBrowser(t, url)
	for i := 1; i <= 3; i++ {
		if got := b.shown("visits"); got != strconv.Itoa(i) {
			t.Errorf("visit %d is shown as %s", i, got)
		}
	}
	r := b.request("GET", "/", nil)
	cookies := b.client.Jar.Cookies(r.URL)
	if len(cookies) != 1 || cookies[0].Name != "visits" || cookies[0].Value != "3" {
		t.Errorf("after 3 visits the cookies are %v", cookies)
	}
	if got := newBrowser(t, url).shown("visits"); got != "1" {
		t.Errorf("another browser's first visit is shown as %s", got)
	}
}

func testLED(t *testing.T, url string) {
	b, other := newBrowser(t, url), newBrowser(t, url)
	for _, state := range []string{"on", "on", "off", "on", "off"} {
		if got := textOf(t, b.post("/led", map[string][]string{"led": {state}}), "state"); got != state {
			t.Errorf("switched %s, the page shows %s", state, got)
		}
		if got := other.shown("state"); got != state {
			t.Errorf("switched %s, another browser is shown %s", state, got)
		}
	}
}

func testNotFound(t *testing.T, url string) {
	b := newBrowser(t, url)
	b.do(b.request("GET", "/no/such/page", nil), http.StatusNotFound)
	resp, err := b.client.Get(url + "/count")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != "POST" {
		t.Errorf("GET /count: %s, Allow: %s; want 405 and POST", resp.Status, resp.Header.Get("Allow"))
	}
}

func testHead(t *testing.T, url string) {
	get := func(method string) (*http.Response, []byte) {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
		r, err := http.NewRequest(method, url+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp, body
	}
	head, body := get("HEAD")
	if head.StatusCode != 200 || len(body) != 0 {
		t.Errorf("HEAD: %s and %d bytes of body", head.Status, len(body))
	}
	// Other tests change the page's length by a few digits and a note.
	if page, _ := get("GET"); head.ContentLength < 1000 || page.Header.Get("Content-Type") != head.Header.Get("Content-Type") {
		t.Errorf("HEAD has %v and length %d, GET has %v", head.Header, head.ContentLength, page.Header)
	}
}

func testKeepAlive(t *testing.T, url string) {
	b := newBrowser(t, url)
	var conns []string
	for i := range 5 {
		r := b.request("GET", "/", nil)
		trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
			conns = append(conns, info.Conn.LocalAddr().String())
			if info.Reused != (i > 0) {
				t.Errorf("request %d: reused is %v", i, info.Reused)
			}
		}}
		b.do(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)), http.StatusOK)
		if conns[i] != conns[0] {
			t.Errorf("request %d came over %s, the first over %s", i, conns[i], conns[0])
		}
	}
}

// testBigPost sends far more than any form holds, in each way that it can be.
func testBigPost(t *testing.T, url string) {
	const size = 8 << 20
	b := newBrowser(t, url)
	big := "name=x&text=" + strings.Repeat("y", size)
	for _, how := range []string{"content length", "chunked", "expect"} {
		var body io.Reader = strings.NewReader(big)
		if how == "chunked" {
			body = io.MultiReader(body) // of a length that the client can't see
		}
		r := b.request("POST", "/note", body)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if how == "expect" {
			r.Header.Set("Expect", "100-continue")
		}
		resp, err := b.client.Do(r)
		if err != nil {
			// The server does not read all of it: the client may see that first.
			if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
				t.Errorf("%s: %v", how, err)
			}
			continue
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %s, want 413", how, resp.Status)
		}
	}
	if page := b.page(); len(page) > 20_000 {
		t.Errorf("the page has grown to %d bytes", len(page))
	}
}

func testBigHeader(t *testing.T, url string) {
	b := newBrowser(t, url)
	r := b.request("GET", "/", nil)
	r.Header.Set("X-Much", strings.Repeat("y", 20_000))
	b.do(r, http.StatusRequestHeaderFieldsTooLarge)
}

func testHTTP10(t *testing.T, url string) {
	conn := dial(t, strings.TrimPrefix(url, "http://"))
	io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
	answer, err := io.ReadAll(conn) // the server ends the connection
	if err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.0 200 OK\r\n")) || !bytes.HasSuffix(answer, []byte("</html>\n")) {
		t.Errorf("%v:\n%s", err, answer)
	}
}

func testMalformed(t *testing.T, url string) {
	host := strings.TrimPrefix(url, "http://")
	for _, request := range []string{
		"HELLO\r\n\r\n",
		"GET / HTTP/1.1\r\n\r\n", // no Host
		"GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n",
		"POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", // TLS, nearly
	} {
		conn := dial(t, host)
		io.WriteString(conn, request)
		answer, err := io.ReadAll(conn)
		if err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 400 ")) {
			t.Errorf("%q: %v, %.60q, want 400", request, err, answer)
		}
	}
}

// testManyConnections has all the connections open before it uses the first.
func testManyConnections(t *testing.T, url string) {
	const n = 200
	host := strings.TrimPrefix(url, "http://")
	conns := make([]*net.TCPConn, n)
	for i := range conns {
		conns[i] = dial(t, host)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	failed := make(chan error, n)
	for _, conn := range conns {
		go func() {
			failed <- func() error {
				r, err := http.NewRequestWithContext(ctx, "GET", url+"/", nil)
				if err != nil {
					return err
				}
				if err := r.Write(conn); err != nil {
					return err
				}
				resp, err := http.ReadResponse(bufio.NewReader(conn), r)
				if err != nil {
					return err
				}
				if _, err := io.Copy(io.Discard, resp.Body); err != nil {
					return err
				}
				if resp.StatusCode != 200 {
					return errors.New(resp.Status)
				}
				return resp.Body.Close()
			}()
		}()
	}
	for range n {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}

// testSlowClient begins a request and leaves it: the server must end it.
func testSlowClient(t *testing.T, url string) {
	conn := dial(t, strings.TrimPrefix(url, "http://"))
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n")
	start := time.Now()
	if _, err := io.Copy(io.Discard, conn); err != nil {
		t.Errorf("after %v: %v", time.Since(start), err)
	}
}
