// Http-post sends what a board measured to a server, as JSON, with
// http.Client.Post, and prints the answer. An answer other than 2xx is an error.
//
// On this computer, over the port:
//
//	go run ./cmd/tinynet run ./examples/http-post -- -url http://127.0.0.1:8000/measured -value 21.5
//
// On a board, which sends again every ten seconds:
//
//	tinynet tinygo flash -target=nano-rp2040 -scheduler=tasks -stack-size=8kb \
//		-ldflags="-X main.ssid=NETWORK -X main.pass=PASSWORD -X main.address=http://192.168.1.2:8000/measured" ./examples/http-post
//
// docs/boards.md says which boards join the network by themselves, and how.
package main

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tinynet/tinynet/examples/internal/online"
	"github.com/tinynet/tinynet/examples/internal/web"
)

var (
	ssid, pass     string // the Wi-Fi network that a board joins
	address, value string
)

func main() {
	online.Start(ssid, pass,
		online.Setting{Name: "url", Value: &address, Default: "http://127.0.0.1:8000/", Usage: "the `URL` to send to"},
		online.Setting{Name: "value", Value: &value, Default: "21.5", Usage: "the `number` to send"})
	client := &http.Client{Timeout: 20 * time.Second}
	online.Run(func() error { return post(client, address, value) })
}

func post(client *http.Client, address, value string) error {
	v, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return err
	}
	// Small enough to write by hand: encoding/json would be 100 kB of flash.
	body := `{"sensor":"tinynet","value":` + strconv.FormatFloat(v, 'g', -1, 64) + `}`
	resp, err := client.Post(address, "application/json", strings.NewReader(body))
	if err != nil {
		return err
	}
	if err := web.Show(resp); err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return errors.New("the server answered " + resp.Status)
	}
	return nil
}
