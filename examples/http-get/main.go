// Http-get fetches a page with http.Client.Get and prints the answer: redirects
// are followed, and the whole of it may take as long as the client's Timeout
// says. With -name it asks a question, in the URL's query.
//
// On this computer, over the port:
//
//	go run ./cmd/tinynet run ./examples/http-get -- -url http://example.com/
//
// On a board, which asks again every ten seconds:
//
//	tinynet tinygo flash -target=nano-rp2040 -scheduler=tasks -stack-size=8kb \
//		-ldflags="-X main.ssid=NETWORK -X main.pass=PASSWORD -X main.address=http://192.168.1.2/" ./examples/http-get
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
	ssid, pass    string // the Wi-Fi network that a board joins
	address, name string
)

func main() {
	online.Start(ssid, pass,
		online.Setting{Name: "url", Value: &address, Default: "http://example.com/", Usage: "the `URL` to fetch"},
		online.Setting{Name: "name", Value: &name, Usage: "a `name` to ask for, sent as ?name="})
	// One client for all requests: it keeps connections, and uses them again.
	client := &http.Client{Timeout: 20 * time.Second}
	online.Run(func() error { return get(client, address, name) })
}

func get(client *http.Client, address, name string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	if name != "" {
		q := u.Query()
		q.Set("name", name)
		u.RawQuery = q.Encode()
	}
	resp, err := client.Get(u.String())
	if err != nil {
		return err
	}
	return web.Show(resp)
}
