//go:build tinygo || tinynet

// Command httpserver is the smallest web server, to measure what net/http takes
// of a board. See ../dial.
package main

import (
	"net/http"

	"github.com/tinynet/tinynet/bench/size/programs/internal/canned"
)

func main() {
	canned.Use("GET / HTTP/1.1\r\nHost: pico\r\nConnection: close\r\n\r\n")
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte("hello\n"))
	})
	err := http.ListenAndServe(":80", nil)
	println("serve:", err.Error())
}
