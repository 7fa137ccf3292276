//go:build tinygo || tinynet

// Command httpclient is the smallest program that gets a page, to measure what
// net/http takes of a board. See ../dial; build it with -tags notls.
package main

import (
	"io"
	"net/http"

	"github.com/tinynet/tinynet/bench/size/programs/internal/canned"
)

func main() {
	canned.Use("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n")
	resp, err := http.Get("http://example.org/")
	if err != nil {
		println("get:", err.Error())
		return
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		println("read:", err.Error())
	}
	resp.Body.Close()
	println(resp.Status, string(b))
}
