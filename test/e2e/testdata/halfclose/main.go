// Halfclose talks to a peer at the address of its argument over two connections. On
// the first it closes its half before the peer answers, and on the second the peer
// does before this program answers.
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
)

func main() {
	for _, part := range []struct {
		name string
		run  func(*net.TCPConn) error
	}{{"own half", ownHalf}, {"peer's half", peersHalf}} {
		if err := over(os.Args[1], part.run); err != nil {
			println(part.name+" FAIL:", err.Error())
			os.Exit(1)
		}
		println(part.name, "ok")
	}
}

func over(addr string, run func(*net.TCPConn) error) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	return run(c.(*net.TCPConn))
}

// ownHalf sends more than fits anywhere on the way, so it has to wait for the peer.
func ownHalf(c *net.TCPConn) error {
	const pieces, size = 64, 65536
	piece := make([]byte, size)
	for i := 0; i < pieces; i++ {
		if n, err := c.Write(piece); n != size || err != nil {
			return fmt.Errorf("piece %d: %d bytes are written, %v", i, n, err)
		}
	}
	if err := c.CloseWrite(); err != nil {
		return err
	}
	if _, err := c.Write([]byte("more")); err == nil {
		return errors.New("a write after CloseWrite succeeds")
	}
	answer, err := io.ReadAll(c)
	if want := fmt.Sprint(pieces*size, " bytes came"); string(answer) != want || err != nil {
		return fmt.Errorf("got %q, %v, want %q", answer, err, want)
	}
	return nil
}

func peersHalf(c *net.TCPConn) error {
	question, err := io.ReadAll(c)
	if err != nil {
		return err
	}
	if _, err := c.Write([]byte("answer to ")); err != nil {
		return err
	}
	_, err = c.Write(question)
	return err
}
