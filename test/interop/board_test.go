//go:build tinynet_port

package interop_test

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

// TestNoRandom takes the source of random numbers away, which boards may not
// have: the first handshake has to say so, as client and as server.
func TestNoRandom(t *testing.T) {
	was := rand.Reader
	rand.Reader = nil
	defer func() { rand.Reader = was }()
	ours, theirs := net.Pipe()
	defer ours.Close()
	defer theirs.Close()
	err := tls.Client(ours, &tls.Config{ServerName: "board.example"}).Handshake()
	if err == nil || !strings.Contains(err.Error(), "random numbers") {
		t.Errorf("a client says %v", err)
	}
}

// TestClock sets the clock to a board's first second.
func TestClock(t *testing.T) {
	addr, _ := serve(t, side{Pair: "p256"})
	config, err := side{Roots: "roots", Name: "board.example"}.config(certificates)
	if err != nil {
		t.Fatal(err)
	}
	config.Time = func() time.Time { return time.Unix(1, 0) }
	_, err = tls.Dial("tcp", addr, config)
	var invalid x509.CertificateInvalidError
	if !errors.As(err, &invalid) || invalid.Reason != x509.Expired || !strings.Contains(err.Error(), "clock is not set") {
		t.Errorf("the error is %v", err)
	}
}
