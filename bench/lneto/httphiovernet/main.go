// Httphiovernet is a web server with httphi over net and the device of netdev/lneto: its
// size is between those of httpovernet and httphioverlneto.
package main

import (
	"net"

	"github.com/tinynet/tinynet/bench/lneto/internal/online"
	"github.com/tinynet/tinynet/bench/lneto/internal/page"
)

func main() { println(run().Error()) }

// run serves until there is an error.
func run() error {
	if err := online.Up(); err != nil {
		return err
	}
	router, err := page.Router()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", ":80")
	if err != nil {
		return err
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		if router.Handle(c) != nil {
			c.Close()
		}
	}
}
