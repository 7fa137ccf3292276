// Http-postform fills in a form as a browser does, with http.Client.PostForm,
// and prints the page that it leads to. Names and values may hold anything.
//
// On this computer, over the port, with the webserver example at its side:
//
//	go run ./cmd/tinynet run ./examples/webserver
//	go run ./cmd/tinynet run ./examples/http-postform -- -url http://127.0.0.1:8080/note -name Grete -text Hello
//
// On a board, which sends again every ten seconds:
//
//	tinynet tinygo flash -target=nano-rp2040 -scheduler=tasks -stack-size=8kb \
//		-ldflags="-X main.ssid=NETWORK -X main.pass=PASSWORD -X main.address=http://192.168.1.2:8080/note" ./examples/http-postform
//
// docs/boards.md says which boards join the network by themselves, and how.
package main

import (
	"net/http"
	"net/url"
	"time"

	"github.com/tinynet/tinynet/examples/internal/online"
	"github.com/tinynet/tinynet/examples/internal/web"
)

var (
	ssid, pass          string // the Wi-Fi network that a board joins
	address, name, text string
)

func main() {
	online.Start(ssid, pass,
		online.Setting{Name: "url", Value: &address, Default: "http://127.0.0.1:8080/note", Usage: "the `URL` that the form goes to"},
		online.Setting{Name: "name", Value: &name, Default: "tinynet", Usage: "what the form's field `name` gets"},
		online.Setting{Name: "text", Value: &text, Default: "Hello from a small computer.", Usage: "what the form's field `text` gets"})
	client := &http.Client{Timeout: 20 * time.Second}
	online.Run(func() error {
		resp, err := client.PostForm(address, url.Values{"name": {name}, "text": {text}})
		if err != nil {
			return err
		}
		return web.Show(resp)
	})
}
