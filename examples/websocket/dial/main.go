// Dial opens a WebSocket to a server, sends a line, and prints what comes back
// until the server says that it is done. It uses golang.org/x/net/websocket.
//
// On this computer, over the port, with the handler example at its side:
//
//	go run ./cmd/tinynet run ./examples/websocket/handler
//	go run ./cmd/tinynet run ./examples/websocket/dial -- -url ws://127.0.0.1:8080/echo
//
// On a board, which dials again every ten seconds:
//
//	tinynet tinygo flash -target=nano-rp2040 -scheduler=tasks -stack-size=8kb \
//		-ldflags="-X main.ssid=NETWORK -X main.pass=PASSWORD -X main.address=ws://192.168.1.2:8080/echo" ./examples/websocket/dial
//
// docs/boards.md says which boards join the network by themselves, and how.
package main

import (
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"golang.org/x/net/websocket"

	"github.com/tinynet/tinynet/examples/internal/online"
)

var (
	ssid, pass           string // the Wi-Fi network that a board joins
	address, text, count string
)

func main() {
	online.Start(ssid, pass,
		online.Setting{Name: "url", Value: &address, Default: "ws://127.0.0.1:8080/echo", Usage: "the `URL` of the WebSocket"},
		online.Setting{Name: "text", Value: &text, Default: "Hello from a small computer.", Usage: "the `text` to send"},
		online.Setting{Name: "count", Value: &count, Default: "3", Usage: "how many `times` to send it"})
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 {
		online.Fail(errors.New("no number of times: " + count))
	}
	online.Run(func() error { return talk(address, text, n, 20*time.Second) })
}

// talk sends the text n times and wants an answer to each.
func talk(address, text string, n int, patience time.Duration) error {
	config, err := websocket.NewConfig(address, "http://localhost/")
	if err != nil {
		return err
	}
	// websocket.Dial would wait for ever for a server that says nothing.
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ws, err := config.DialContext(ctx)
	if err != nil {
		return err
	}
	defer ws.Close()
	ws.MaxPayloadBytes = 4 << 10 // the server may send more than a board can hold
	for i := range n {
		ws.SetDeadline(time.Now().Add(patience))
		if err := websocket.Message.Send(ws, text); err != nil {
			return err
		}
		var answer string
		err := websocket.Message.Receive(ws, &answer)
		if err == io.EOF {
			err = errors.New("the server ended the connection after " + strconv.Itoa(i) + " answers")
		}
		if err != nil {
			return err
		}
		online.Say("got ", answer)
	}
	return nil
}
