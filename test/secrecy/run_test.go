//go:build !tinynet_port

// Package secrecy tests that no plaintext leaves a program that asked for TLS,
// whatever the device does and however it fails. A peer records every byte that
// arrives.
//
// The tests are for the port, with each of the build tags that say who does TLS:
//
//	go run ./cmd/tinynet go test -tags "tinynet_port tlsoffload" ./test/secrecy
//
// Without the tag tinynet_port, the one test here runs that command.
package secrecy_test

import (
	"testing"
	"time"

	"github.com/tinynet/tinynet/test/internal/onport"
)

func TestOnPort(t *testing.T) {
	for _, tag := range []string{"", "notls", "tlsoffload"} {
		t.Run("tag="+tag, func(t *testing.T) {
			tests := onport.Tests{Package: "test/secrecy", Timeout: 5 * time.Minute, Least: 100}
			if tag != "" {
				tests.Tags = []string{tag}
			}
			onport.Run(t, tests)
		})
	}
}
