// Tcpclient sends blocks to an echo server, reads them back, compares, and
// prints how fast that was: what a board's network can do.
//
// On this computer, over the port, with the tcpecho example at its side:
//
//	go run ./cmd/tinynet run ./examples/tcpecho
//	go run ./cmd/tinynet run ./examples/tcpclient -- -server 127.0.0.1:8080
//
// On a board, which goes again every ten seconds:
//
//	tinynet tinygo flash -target=nano-rp2040 -scheduler=tasks -stack-size=8kb \
//		-ldflags="-X main.ssid=NETWORK -X main.pass=PASSWORD -X main.server=192.168.1.2:8080" ./examples/tcpclient
//
// docs/boards.md says which boards join the network by themselves, and how.
package main

import (
	"errors"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/tinynet/tinynet/examples/internal/online"
)

var (
	ssid, pass   string // the Wi-Fi network that a board joins
	server, size string
)

func main() {
	online.Start(ssid, pass,
		online.Setting{Name: "server", Value: &server, Default: "127.0.0.1:8080", Usage: "the `address` of the echo server"},
		online.Setting{Name: "size", Value: &size, Default: "262144", Usage: "how many `bytes` to send"})
	total, err := strconv.Atoi(size)
	if err != nil || total <= 0 {
		online.Fail(errors.New("no number of bytes: " + size))
	}
	online.Run(func() error {
		took, err := exchange(server, total)
		if err != nil {
			return err
		}
		rate := int64(total) * int64(time.Second) / int64(max(took, 1)) / 1000
		online.Say(strconv.Itoa(total), " bytes there and back in ", strconv.FormatInt(took.Milliseconds(), 10), " ms: ",
			strconv.FormatInt(rate, 10), " kB/s each way")
		return nil
	})
}

// patience is how long nothing may come or go.
const patience = 10 * time.Second

// exchange sends total bytes to the echo server and reads them back meanwhile.
func exchange(server string, total int) (took time.Duration, err error) {
	conn, err := net.DialTimeout("tcp", server, patience)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	start := time.Now()
	sent := make(chan error, 1)
	go func() {
		err := send(conn, total)
		if err != nil {
			conn.Close() // ends the reading, too
		}
		sent <- err
	}()
	readErr := check(conn, total)
	took = time.Since(start)
	if readErr != nil {
		conn.Close()
	}
	// What ended the sending is why the reading failed, unless it was we.
	if err := <-sent; err != nil && !errors.Is(err, net.ErrClosed) {
		return 0, err
	}
	return took, readErr
}

func send(conn net.Conn, total int) error {
	var block [1024]byte
	for at := 0; at < total; {
		n := min(total-at, len(block))
		for i := range block[:n] {
			block[i] = pattern(at + i)
		}
		conn.SetWriteDeadline(time.Now().Add(patience))
		if _, err := conn.Write(block[:n]); err != nil {
			return err
		}
		at += n
	}
	return nil
}

func check(conn net.Conn, total int) error {
	var block [1024]byte
	for at := 0; at < total; {
		conn.SetReadDeadline(time.Now().Add(patience))
		n, err := conn.Read(block[:min(total-at, len(block))])
		for i := range block[:n] {
			if block[i] != pattern(at+i) {
				return errors.New("byte " + strconv.Itoa(at+i) + " came back as another one")
			}
		}
		at += n
		if err == io.EOF && at < total {
			err = errors.New("the server ended the connection after " + strconv.Itoa(at) + " bytes")
		}
		if err != nil && at < total {
			return err
		}
	}
	return nil
}

// pattern is the byte at a place of what is sent, so that one lost, doubled or
// moved shows.
func pattern(at int) byte { return byte(at*7 + at>>8*13 + at>>16) }
