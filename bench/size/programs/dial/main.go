//go:build tinygo || tinynet

// Command dial is the smallest program with a connection, to measure what net
// takes of a board. TinyGo can build it with its own net as well (Go cannot link it:
// its net has no devices):
//
//	tinygo build -target=pico -size short ./bench/size/programs/dial
//	tinynet tinygo build -target=pico -size short ./bench/size/programs/dial
package main

import (
	"net"

	"github.com/tinynet/tinynet/bench/size/programs/internal/canned"
)

func main() {
	canned.Use("hello from peer\n")
	c, err := net.Dial("tcp", "example.org:80")
	if err != nil {
		println("dial:", err.Error())
		return
	}
	if _, err := c.Write([]byte("hello\n")); err != nil {
		println("write:", err.Error())
	}
	var buf [64]byte
	n, err := c.Read(buf[:])
	if err != nil {
		println("read:", err.Error())
	}
	print(string(buf[:n]))
	c.Close()
}
