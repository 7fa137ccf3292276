//go:build tinynetport && !port.alone

package net

import "context"

// What a program with goroutines does, and one without cannot: see alone_on.go.

const alone = false

func start(f func()) { go f() }

func inTurn(primaries, fallbacks addrList) (addrList, addrList) { return primaries, fallbacks }

func afterwards(f func(<-chan lookupResult, context.CancelFunc), ch <-chan lookupResult, cancel context.CancelFunc) {
	go f(ch, cancel)
}
