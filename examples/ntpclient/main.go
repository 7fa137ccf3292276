// Ntpclient asks a time server over UDP what time it is (RFC 5905, as a client
// only), prints it, and on a board sets the clock, which starts in 1970 there.
// Certificates are good or not by that clock.
//
// On this computer, over the port, where it only prints:
//
//	go run ./cmd/tinynet run ./examples/ntpclient -- -server pool.ntp.org:123
//
// On a board, which asks again every ten seconds:
//
//	tinynet tinygo flash -target=nano-rp2040 -scheduler=tasks -stack-size=8kb \
//		-ldflags="-X main.ssid=NETWORK -X main.pass=PASSWORD -X main.server=pool.ntp.org:123" ./examples/ntpclient
//
// docs/boards.md says which boards join the network by themselves, and how.
package main

import (
	"strconv"
	"time"

	"github.com/tinynet/tinynet/examples/internal/online"
)

var (
	ssid, pass string // the Wi-Fi network that a board joins
	server     string
)

func main() {
	online.Start(ssid, pass, online.Setting{
		Name: "server", Value: &server, Default: "pool.ntp.org:123", Usage: "the `address` of the time server"})
	online.Run(func() error {
		offset, delay, err := ask(server, 4, 3*time.Second)
		if err != nil {
			return err
		}
		setClock(offset)
		now := time.Now()
		if !setsClock {
			now = now.Add(offset)
		}
		online.Say("it is ", stamp(now.UTC()))
		online.Say("the clock was off by ", strconv.FormatInt(offset.Milliseconds(), 10), " ms, the answer took ",
			strconv.FormatInt(delay.Milliseconds(), 10), " ms")
		return nil
	})
}

// stamp is the time as in RFC 3339, without the tables of names that Format has
// for other layouts.
func stamp(t time.Time) string {
	two := func(n int) string { return string([]byte{'0' + byte(n/10%10), '0' + byte(n%10)}) }
	return two(t.Year()/100) + two(t.Year()) + "-" + two(int(t.Month())) + "-" + two(t.Day()) +
		"T" + two(t.Hour()) + ":" + two(t.Minute()) + ":" + two(t.Second()) + "Z"
}
