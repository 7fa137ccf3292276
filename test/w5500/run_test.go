//go:build !tinynet_port

// Package w5500 runs the driver tinygo.org/x/drivers/w5500, unchanged, under
// package net and over a simulated chip.
//
// The tests have the build tag tinynet_port, because they are for the port:
//
//	go run ./cmd/tinynet go test -tags tinynet_port ./test/w5500
//
// Without the tag, the one test here runs that command.
package w5500_test

import (
	"testing"
	"time"

	"github.com/tinynet/tinynet/test/internal/onport"
)

func TestOnPort(t *testing.T) {
	onport.Run(t, onport.Tests{Package: "test/w5500", Race: raceDetector, Timeout: 3 * time.Minute, Least: 40})
}
