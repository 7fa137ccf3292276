//go:build tinynet_port

package behaviour_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
)

// FuzzHTTPRequest reads requests. One that can be read can be written and read
// again, and is then the same request.
func FuzzHTTPRequest(f *testing.F) {
	for _, s := range []string{
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /a?b=c HTTP/1.1\r\nHost: x:1\r\nContent-Length: 5\r\n\r\nhello",
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n5;e=1\r\nhello\r\n0\r\nT: 1\r\n\r\n",
		"CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n",
		"GET http://bücher.example/ HTTP/1.0\r\nA: b\r\n c\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
	} {
		f.Add([]byte(s))
	}
	for _, test := range smuggling {
		f.Add([]byte(test.request))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(data)))
		if err != nil {
			return
		}
		body, err := io.ReadAll(req.Body)
		if len(body) > len(data) {
			t.Fatalf("%d bytes have a body of %d", len(data), len(body))
		}
		// Go writes an opaque URL ("a:b") without its scheme: no URI then.
		if err != nil || req.Method == "CONNECT" || req.URL.Opaque != "" {
			return
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		var out strings.Builder
		if req.Write(&out) != nil {
			return
		}
		again, err := http.ReadRequest(bufio.NewReader(strings.NewReader(out.String())))
		if err != nil {
			t.Fatalf("%q was read, written as %q, and gives %v", data, out.String(), err)
		}
		if got, err := io.ReadAll(again.Body); err != nil || !bytes.Equal(got, body) || again.Method != req.Method {
			t.Fatalf("%q was read, written as %q, and has method %s and body %q, %v", data, out.String(), again.Method, got, err)
		}
	})
}

// FuzzHTTPResponse reads answers, which never have more than was sent.
func FuzzHTTPResponse(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"HTTP/1.0 200 OK\r\n\r\nuntil the end",
		"HTTP/1.1 304 Not Modified\r\nEtag: a\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/; Max-Age=1\r\n\r\n",
	} {
		f.Add([]byte(s), "GET")
	}
	f.Fuzz(func(t *testing.T, data []byte, method string) {
		res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(data)), &http.Request{Method: method})
		if err != nil {
			return
		}
		defer res.Body.Close()
		res.Cookies()
		body, err := io.ReadAll(res.Body)
		if len(body) > len(data) {
			t.Fatalf("%d bytes have a body of %d", len(data), len(body))
		}
		if res.ContentLength >= 0 && method != "HEAD" && err == nil && int64(len(body)) != res.ContentLength {
			t.Fatalf("the body has %d bytes and no error, of %d", len(body), res.ContentLength)
		}
	})
}
