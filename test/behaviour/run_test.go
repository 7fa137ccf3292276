//go:build !tinynet_port

// Package behaviour tests what package net promises, over the host device, the
// loopback, and simulated devices that misbehave as real ones do.
//
// The tests have the build tag tinynet_port, because they are for the port:
//
//	go run ./cmd/tinynet go test -tags tinynet_port ./test/behaviour
//
// Without the tag, the one test here runs that command.
package behaviour_test

import (
	"testing"
	"time"

	"github.com/tinynet/tinynet/test/internal/onport"
)

// TestOnBoardPort runs those of net/http, the table of promises, and how dials end, with what boards
// have instead.
func TestOnBoardPort(t *testing.T) {
	onport.Run(t, onport.Tests{
		Package: "test/behaviour", Tags: []string{"tinynet_board"}, Match: "HTTP|Promise|DialEnd",
		Race: raceDetector, Timeout: 5 * time.Minute, Least: 150,
	})
}

func TestOnPort(t *testing.T) {
	onport.Run(t, onport.Tests{Package: "test/behaviour", Race: raceDetector, Timeout: 12 * time.Minute, Least: 200})
}
