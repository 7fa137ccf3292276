// Measure does on a Pico what the table in docs/boards.md says the cycles of.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/tinynet/tinynet/internal/board/testdata/evb"
)

func main() {
	evb.Join()
	page := make([]byte, 4096)
	for i := range page {
		page[i] = 'a' + byte(i%26)
	}
	http.HandleFunc("GET /small", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "small") })
	http.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "4096")
		w.Write(page)
	})
	http.HandleFunc("GET /down", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "65536")
		for range 16 {
			w.Write(page)
		}
	})
	http.HandleFunc("POST /up", func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		io.WriteString(w, strconv.FormatInt(n, 10))
	})
	http.HandleFunc("POST /https", fetch)
	web, err := net.Listen("tcp", ":80")
	if err != nil {
		panic(err)
	}
	panic(http.Serve(web, nil))
}

// fetch gets a URL, trusting the certificates in the body only. The time is given,
// for a board has no clock.
func fetch(w http.ResponseWriter, r *http.Request) {
	pem, _ := io.ReadAll(r.Body)
	seconds, _ := strconv.ParseInt(r.FormValue("time"), 10, 64)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client := &http.Client{Timeout: 5 * time.Minute, Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{RootCAs: roots, Time: func() time.Time { return time.Unix(seconds, 0) }},
	}}
	resp, err := client.Get(r.FormValue("url"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	w.WriteHeader(resp.StatusCode)
	io.Copy(w, resp.Body)
}
