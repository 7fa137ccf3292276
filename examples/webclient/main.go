// Webclient fetches a page over nothing but net: it speaks the little of HTTP
// that a known server needs, in a tenth of the flash of net/http. It knows no
// redirects, no https and no chunks, which is why it asks in HTTP/1.0.
//
// On this computer, over the port:
//
//	go run ./cmd/tinynet run ./examples/webclient -- -server example.com:80 -path /
//
// On a board, which asks again every ten seconds:
//
//	tinynet tinygo flash -target=nano-rp2040 -scheduler=tasks -stack-size=8kb \
//		-ldflags="-X main.ssid=NETWORK -X main.pass=PASSWORD -X main.server=192.168.1.2:80" ./examples/webclient
//
// docs/boards.md says which boards join the network by themselves, and how.
package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/tinynet/tinynet/examples/internal/online"
)

var (
	ssid, pass   string // the Wi-Fi network that a board joins
	server, path string
)

func main() {
	online.Start(ssid, pass,
		online.Setting{Name: "server", Value: &server, Default: "example.com:80", Usage: "the `address` of the server"},
		online.Setting{Name: "path", Value: &path, Default: "/", Usage: "the `path` of the page"})
	online.Run(func() error { return fetch(os.Stdout, server, path, 20*time.Second) })
}

// fetch writes a page's body to w. All of it has to be here within limit.
func fetch(w io.Writer, server, path string, limit time.Duration) error {
	if strings.ContainsAny(path+server, " \r\n") || !strings.HasPrefix(path, "/") {
		return errors.New("no path that can be asked for: " + path)
	}
	end := time.Now().Add(limit)
	d := net.Dialer{Deadline: end}
	conn, err := d.Dial("tcp", server)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(end)
	host := strings.TrimSuffix(server, ":80")
	if _, err := io.WriteString(conn, "GET "+path+" HTTP/1.0\r\nHost: "+host+"\r\n\r\n"); err != nil {
		return err
	}

	r := bufio.NewReaderSize(conn, 512)
	status, err := readLine(r)
	if err != nil {
		return errors.New("reading the status: " + err.Error())
	}
	if !strings.HasPrefix(status, "HTTP/1.") || len(status) < 12 {
		return errors.New("this is no web server: it said " + status)
	}
	length := -1
	for {
		line, err := readLine(r)
		if err != nil {
			return errors.New("reading the header: " + err.Error())
		}
		if line == "" {
			break
		}
		if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Content-Length") {
			if length, err = number(strings.TrimSpace(value)); err != nil {
				return err
			}
		}
	}
	if status[9:12] != "200" {
		return errors.New("the server answered " + status[9:])
	}
	// The page ends with the connection; its length, if told, says if that was too early.
	got, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, make([]byte, 512))
	if err == nil && length >= 0 && got != int64(length) {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// readLine reads a line of a header. One that is too long for the reader is an error.
func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadSlice('\n')
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return strings.TrimRight(string(line), "\r\n"), err
}

// number does without strconv, whose floats would be linked with it.
func number(s string) (n int, err error) {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' || n > 1<<26 {
			return 0, errors.New("no length of a page: " + s)
		}
		n = n*10 + int(c-'0')
	}
	return n, nil
}
