// Peak has a known amount of memory in use: 100,000 bytes of heap, and a stack that
// is 60 calls deep, each with 100 bytes. It ends when it has served one connection.
package main

import (
	"net"
	"os"

	"github.com/tinynet/tinynet/internal/board/testdata/evb"
)

var kept []byte

func main() {
	evb.Join()
	ln, err := net.Listen("tcp", ":7")
	if err != nil {
		println("peak:", err.Error())
		os.Exit(1)
	}
	kept = make([]byte, 100_000)
	kept[deep(60, 1)] = 1
	c, err := ln.Accept()
	if err != nil {
		println("peak:", err.Error())
		os.Exit(1)
	}
	c.Read(make([]byte, 1))
	os.Exit(3)
}

// deep goes n calls deeper, and returns something below 251.
//
//go:noinline
func deep(n, seed int) int {
	var frame [100]byte
	for i := range frame {
		frame[i] = byte((seed+i)%250) + 1
	}
	if n == 0 {
		return int(frame[seed%len(frame)])
	}
	below := deep(n-1, int(frame[n]))
	return int(frame[below%len(frame)])
}
