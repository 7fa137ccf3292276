package main

import (
	"fmt"
	"net"
	"os"
	"os/signal"
	"time"
)

// parent is a process that has spawned a server, and ends with its status.
func parent() int {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	os.Setenv("TINYNET_TEST", "child")
	status, err := spawn(self, []string{self}, os.Environ())
	if err != nil {
		panic(err)
	}
	return status
}

// child is that server: it tells its address, and ends at an interrupt.
func child() int {
	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(ln.Addr())
	select {
	case <-interrupt:
		fmt.Println("interrupted")
		return 9
	case <-time.After(2 * time.Minute): // nobody waits any longer
		return 3
	}
}
