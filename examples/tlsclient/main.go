// Tlsclient fetches a page over TLS with tls.Dialer and nothing of net/http, and
// says what the connection is like. The server has to show a certificate for its
// name that a root certificate vouches for.
//
// Which roots are trusted: those in the folder roots, which become a part of the
// program; if there are none, those of the computer. A board has none of its own:
// put the one in there that your server's certificate leads to.
//
// On this computer, over the port:
//
//	go run ./cmd/tinynet run ./examples/tlsclient -- -server example.com:443 -path /
//
// On a board, which asks again every ten seconds:
//
//	cp my-root.pem examples/tlsclient/roots/
//	tinynet tinygo flash -target=nano-rp2040 -scheduler=tasks -stack-size=8kb \
//		-ldflags="-X main.ssid=NETWORK -X main.pass=PASSWORD -X main.server=192.168.1.2:443 -X main.built=$(date +%s)" ./examples/tlsclient
//
// A board's clock starts in 1970, when no certificate is good yet. Until it is
// set (the ntpclient example does that) it is taken to be the time of the build.
//
// docs/boards.md says which boards join the network by themselves, and how.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"embed"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/tinynet/tinynet/examples/internal/online"
)

//go:embed roots
var roots embed.FS

var (
	ssid, pass   string // the Wi-Fi network that a board joins
	built        string // when the program was built, in seconds since 1970
	server, path string
	ca           string
)

func main() {
	online.Start(ssid, pass,
		online.Setting{Name: "server", Value: &server, Default: "example.com:443", Usage: "the `address` of the server"},
		online.Setting{Name: "path", Value: &path, Default: "/", Usage: "the `path` of the page"},
		online.Setting{Name: "ca", Value: &ca, Usage: "trust the root certificates in `FILE`, and no others"})
	config, err := newConfig(ca)
	if err != nil {
		online.Fail(err)
	}
	online.Run(func() error { return fetch(os.Stdout, config, server, path, 30*time.Second) })
}

func newConfig(ca string) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, Time: now}
	pool := x509.NewCertPool()
	found := false
	entries, err := roots.ReadDir("roots")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".pem") {
			continue
		}
		data, err := roots.ReadFile("roots/" + e.Name())
		if err != nil {
			return nil, err
		}
		if !pool.AppendCertsFromPEM(data) {
			return nil, errors.New("no certificate is in roots/" + e.Name())
		}
		found = true
	}
	if ca != "" {
		data, err := os.ReadFile(ca)
		if err != nil {
			return nil, err
		}
		pool = x509.NewCertPool()
		if !pool.AppendCertsFromPEM(data) {
			return nil, errors.New("no certificate is in " + ca)
		}
		found = true
	}
	if found {
		config.RootCAs = pool
	}
	return config, nil
}

// now is the time, or that of the build if the clock cannot be right.
func now() time.Time {
	t := time.Now()
	if seconds, err := strconv.ParseInt(built, 10, 64); err == nil {
		if b := time.Unix(seconds, 0); t.Before(b) {
			return b
		}
	}
	return t
}

// fetch writes the answer to w, header and all.
func fetch(w io.Writer, config *tls.Config, server, path string, limit time.Duration) error {
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: limit}, Config: config}
	conn, err := d.Dial("tcp", server)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(limit))
	state := conn.(*tls.Conn).ConnectionState()
	online.Say(tls.VersionName(state.Version), ", ", tls.CipherSuiteName(state.CipherSuite), ", with ",
		state.PeerCertificates[0].Subject.CommonName)

	host := strings.TrimSuffix(server, ":443")
	if _, err := io.WriteString(conn, "GET "+path+" HTTP/1.0\r\nHost: "+host+"\r\n\r\n"); err != nil {
		return err
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{conn}, make([]byte, 512))
	return err
}
