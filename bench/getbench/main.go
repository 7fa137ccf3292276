//go:build linux && tinynet_get

// Getbench measures http.Get over a device of its own, which has the eleven
// methods of a netdev and no more, over the system's sockets. The command bench
// builds it on the port and on tinygo-net, which go by the same name, net.
//
//	getbench -servers 40001,40002
//
// The servers are on 127.0.0.1 and answer with hello, world. A client that
// leaves each of its connections behind needs a new port of the computer for
// each, and gets it back after a minute; so there are several.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	_ "unsafe" // for linkname

	"github.com/tinynet/tinynet/bench/worker"
)

//go:linkname useNetdev net.useNetdev
func useNetdev(dev netdever)

func main() {
	log.SetFlags(0)
	log.SetPrefix("getbench: ")
	servers := flag.String("servers", "", "the `ports` of the servers, with commas")
	list := flag.Bool("list", false, "only tell what there is to measure, as JSON")
	flag.Parse()
	all := measurements(strings.Split(*servers, ","))
	do := func() error { return worker.Serve(os.Stdin, os.Stdout, all) }
	if *list {
		do = func() error { return worker.List(os.Stdout, all) }
	}
	useNetdev(systemDevice{})
	if err := do(); err != nil {
		log.Fatal(err)
	}
}

func measurements(ports []string) []worker.Measurement {
	measurement := func(name string, once bool) worker.Measurement {
		turn := 0
		run := func(n int) error {
			url := "http://" + serverName + ":" + ports[turn%len(ports)] + "/"
			turn++
			for range n {
				if err := get(url, once); err != nil {
					return err
				}
			}
			return nil
		}
		return worker.Measurement{Name: name, Unit: "1/s", Size: 1, Open: func() (*worker.Session, error) {
			return &worker.Session{Run: run, Close: func() {}}, nil
		}}
	}
	return []worker.Measurement{
		measurement("http-get", false),
		measurement("http-get-close", true), // the client asks for the end of the connection
	}
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
