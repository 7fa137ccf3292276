// Http-head asks for a page's header only, with http.Client.Head: whether it is
// there, how long it is and how old, for some hundred bytes.
//
// On this computer, over the port:
//
//	go run ./cmd/tinynet run ./examples/http-head -- -url http://example.com/
//
// On a board, which asks again every ten seconds:
//
//	tinynet tinygo flash -target=nano-rp2040 -scheduler=tasks -stack-size=8kb \
//		-ldflags="-X main.ssid=NETWORK -X main.pass=PASSWORD -X main.address=http://192.168.1.2/" ./examples/http-head
//
// docs/boards.md says which boards join the network by themselves, and how.
package main

import (
	"net/http"
	"strconv"
	"time"

	"github.com/tinynet/tinynet/examples/internal/online"
	"github.com/tinynet/tinynet/examples/internal/web"
)

var (
	ssid, pass string // the Wi-Fi network that a board joins
	address    string
)

func main() {
	online.Start(ssid, pass, online.Setting{
		Name: "url", Value: &address, Default: "http://example.com/", Usage: "the `URL` to ask for"})
	client := &http.Client{Timeout: 20 * time.Second}
	online.Run(func() error { return head(client, address) })
}

func head(client *http.Client, address string) error {
	resp, err := client.Head(address)
	if err != nil {
		return err
	}
	resp.Body.Close() // it is empty, and to be closed like any other
	web.ShowHead(resp)
	if resp.ContentLength < 0 {
		online.Say("how long it is the server does not say")
		return nil
	}
	online.Say("it has ", strconv.FormatInt(resp.ContentLength, 10), " bytes")
	return nil
}
