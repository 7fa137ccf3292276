// Https-server serves a page over TLS that says how the visitor is connected.
// Its key and certificate are in files, or if none are named, it makes them when
// it starts and prints the certificate's fingerprint, to compare with what the
// browser shows before it is trusted.
//
// On this computer, over the port:
//
//	go run ./cmd/tinynet run ./examples/https-server
//	go run ./cmd/tinynet run ./examples/https-server -- -addr :8443 -cert cert.pem -key key.pem
//
// It prints "listening on https://ADDR" once that is true, and stops on an
// interrupt (Ctrl-C) or SIGTERM.
//
// On a board, where it listens on port 443 with a certificate that it makes; its
// key is gone when it is switched off:
//
//	tinynet tinygo flash -target=nano-rp2040 -scheduler=tasks -stack-size=16kb \
//		-ldflags="-X main.ssid=NETWORK -X main.pass=PASSWORD" ./examples/https-server
//
// docs/boards.md says which boards join the network by themselves, and how.
package main

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"net"
	"net/http"

	"github.com/tinynet/tinynet/examples/internal/online"
	"github.com/tinynet/tinynet/examples/internal/web"
)

var (
	ssid, pass              string // the Wi-Fi network that a board joins
	addr, certFile, keyFile string
)

func main() {
	host := online.Start(ssid, pass,
		online.Setting{Name: "addr", Value: &addr, Default: online.WebTLSAddr, Usage: "the `address` to listen on; port 0 takes a free one"},
		online.Setting{Name: "cert", Value: &certFile, Usage: "the certificate, and those that it leads to, are in `FILE`"},
		online.Setting{Name: "key", Value: &keyFile, Usage: "the certificate's key is in `FILE`"})
	cert, err := certificate(host)
	if err != nil {
		online.Fail(err)
	}
	stopped := online.Stopped()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		online.Fail(err)
	}
	sum := sha256.Sum256(cert.Certificate[0])
	online.Say("the certificate's SHA-256 fingerprint is ", hex.EncodeToString(sum[:]))
	online.Say("listening on https://", online.Where(ln.Addr(), host))
	srv := web.NewServer(http.HandlerFunc(page))
	srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	if err := web.Run(srv, func() error { return srv.ServeTLS(ln, "", "") }, stopped); err != nil {
		online.Fail(err)
	}
}

func certificate(host string) (tls.Certificate, error) {
	switch {
	case certFile == "" && keyFile == "":
		return selfSigned(host)
	case certFile == "" || keyFile == "":
		return tls.Certificate{}, errors.New("-cert and -key go together")
	}
	return tls.LoadX509KeyPair(certFile, keyFile)
}

func page(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.Write([]byte("Hello over " + tls.VersionName(r.TLS.Version) + ", " + tls.CipherSuiteName(r.TLS.CipherSuite) + "\n"))
}
