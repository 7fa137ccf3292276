//go:build !tinynet_port

// Package curves tests the NIST curves through crypto/ecdsa, crypto/ecdh and
// crypto/elliptic, on the inputs that implementations of curves get wrong: the
// classes of Project Wycheproof's vectors, made here. What is right is decided
// by a reference in math/big that knows nothing but the curve's equation and
// how points are added.
//
// As they are, the tests run on Go's own curves, which shows that the reference
// is right. On the port they run on the curves in little code:
//
//	go run ./cmd/tinynet go test -tags tinynet_port,tlssmall ./test/curves
//
// TestOnPort, which is there without the tag tinynet_port, runs that command.
package curves_test

import (
	"testing"
	"time"

	"github.com/tinynet/tinynet/test/internal/onport"
)

func TestOnPort(t *testing.T) {
	if raceDetector {
		t.Skip("nothing in it is concurrent: without the race detector it is faster")
	}
	onport.Run(t, onport.Tests{Package: "test/curves", Tags: []string{"tlssmall"}, Timeout: 10 * time.Minute, Least: 80})
}
