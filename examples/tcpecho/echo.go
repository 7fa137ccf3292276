package main

import (
	"errors"
	"io"
	"net"
	"time"

	"github.com/tinynet/tinynet/examples/internal/online"
)

// serve answers every connection that ln takes until ln is closed.
func serve(ln net.Listener) error {
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			// Out of sockets, say: others end, and then there is room again.
			online.Say("tcpecho: ", err.Error())
			time.Sleep(time.Second)
			continue
		}
		go func() {
			if err := echo(conn); err != nil {
				online.Say("tcpecho: ", err.Error())
			}
		}()
	}
}

// echo sends back what it reads until the other side has said that it sends no
// more, and then says so too: the other side gets all of its bytes, and an end.
// Its buffer is small, and its own: io.Copy takes 32 kB, for each connection.
func echo(conn net.Conn) error {
	defer conn.Close()
	buf := make([]byte, 4<<10)
	for {
		n, err := conn.Read(buf)
		if n > 0 {
			if _, err := conn.Write(buf[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if c, ok := conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}
