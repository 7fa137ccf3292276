//go:build linux && tinynet_get

// Getbench measures http.Get over devices of its own, which are made of the
// system's sockets. The command bench builds it on the port and on tinygo-net,
// which go by the same name, net; and on Go's own net, which has no devices, for
// comparison (the tag tinynet_plain).
//
//	getbench -servers 40001,40002,40003,40004,40005
//
// The servers are on 127.0.0.1 and answer with hello, world; each measurement
// has one.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"

	"github.com/tinynet/tinynet/bench/internal/worker"
)

// A way is one that leads to the server.
type way struct {
	name string
	use  func() // makes the requests go that way from now on
	once bool   // the client asks for the end of the connection
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("getbench: ")
	servers := flag.String("servers", "", "the `ports` of the servers, with commas")
	list := flag.Bool("list", false, "only tell what there is to measure, as JSON")
	flag.Parse()
	ports := strings.Split(*servers, ",")
	for len(ports) < len(ways()) {
		ports = append(ports, ports[0])
	}
	all := measurements(ports)
	do := func() error { return worker.Serve(os.Stdin, os.Stdout, all) }
	if *list {
		do = func() error { return worker.List(os.Stdout, all) }
	}
	if err := do(); err != nil {
		log.Fatal(err)
	}
}

func measurements(ports []string) []worker.Measurement {
	var ms []worker.Measurement
	for i, way := range ways() {
		// A server of its own, because idle connections stay with their device.
		url := "http://" + serverName + ":" + ports[i] + "/"
		run := func(n int) error {
			for range n {
				if err := get(url, way.once); err != nil {
					return err
				}
			}
			return nil
		}
		ms = append(ms, worker.Measurement{Name: way.name, Unit: "1/s", Size: 1, Open: func() (*worker.Session, error) {
			way.use()
			return &worker.Session{Run: run, Close: func() {}}, nil
		}})
	}
	return ms
}

func get(url string, once bool) error {
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return err
	}
	req.Close = once
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != 200 || string(body) != "hello, world\n" {
		return fmt.Errorf("status %d, %q", resp.StatusCode, body)
	}
	return nil
}
