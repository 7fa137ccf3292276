package board_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"testing"
	"time"

	"github.com/tinynet/tinynet/internal/board"
)

// TestPicoHTTPS: a Pico's memory suffices for one handshake after the other, each with
// a Transport of its own, since what was of the last one is garbage to the collector,
// and what is free is not in crumbs.
func TestPicoHTTPS(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("tinygo"); err != nil {
		t.Skip("no tinygo on PATH")
	}
	for _, name := range []string{board.Pico, board.W5500Pico} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := pico(t)
			if d, ok := t.Deadline(); ok && time.Until(d) < 20*time.Minute {
				t.Skip("the time left may not be enough: go test -timeout 60m ./internal/board")
			}
			k := kind{name, start, 80}
			do := secured(t)
			r := run(t, k, build(t, k, "./testdata/measure", "-stack-size", "8kb"))
			client := &http.Client{Timeout: patience, Transport: &http.Transport{MaxConnsPerHost: 1}}
			defer client.CloseIdleConnections()
			for i := range 40 {
				if err := do(r, client); err != nil {
					t.Fatalf("request %d of 40: got %v, want 5 bytes", i+1, err)
				}
			}
		})
	}
}

// complete tells what is wrong with a response.
func complete(resp *http.Response, err error, size int) error {
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && (resp.StatusCode != 200 || len(body) != size) {
		err = fmt.Errorf("got %s and %d bytes, want %d: %.200q", resp.Status, len(body), size, body)
	}
	return err
}

// secured is a request of the board to a server here whose certificate it verifies.
func secured(t *testing.T) func(r *running, client *http.Client) error {
	t.Helper()
	chain := func(template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if signer == nil {
			parent, signer = template, key
		}
		der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return cert, key
	}
	from, to := time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	authority, signer := chain(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: from, NotAfter: to,
		KeyUsage: x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
	}, nil, nil)
	leaf, key := chain(&x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"}, NotBefore: from, NotAfter: to,
		KeyUsage: x509.KeyUsageDigitalSignature, IPAddresses: []net.IP{net.ParseIP(self), net.ParseIP(kind{name: board.W5500Pico}.self())},
	}, authority, signer)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "small") }))
	server.TLS = &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.Raw, authority.Raw}, PrivateKey: key}},
		MinVersion:   tls.VersionTLS13,
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	roots := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Raw})
	return func(r *running, client *http.Client) error {
		resp, err := client.Post(r.page("/https", url.Values{
			"url": {"https://" + net.JoinHostPort(r.kind.self(), port) + "/"}, "time": {fmt.Sprint(time.Now().Unix())},
		}), "text/plain", bytes.NewReader(roots))
		return complete(resp, err, 5)
	}
}
