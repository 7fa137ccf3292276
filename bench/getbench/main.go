//go:build linux && tinynet_get

// Getbench measures http.Get over devices of its own, which are made of the
// system's sockets. The command bench builds it on the port and on tinygo-net,
// which go by the same name, net.
//
//	getbench -servers 40001,40002,40003,40004
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
	if err := do(); err != nil {
		log.Fatal(err)
	}
}

func measurements(ports []string) []worker.Measurement {
	all := []struct {
		name string
		dev  netdever
		once bool // the client asks for the end of the connection
	}{
		{"get", systemDevice{}, false},
		{"get-close", systemDevice{}, true},
		{"get-interrupt", newInterruptDevice(), false},
		{"get-module", newModuleDevice(), false},
	}
	var ms []worker.Measurement
	for i, one := range all {
		// A server of its own, because idle connections stay with their device.
		url := "http://" + serverName + ":" + ports[i%len(ports)] + "/"
		run := func(n int) error {
			for range n {
				if err := get(url, one.once); err != nil {
					return err
				}
			}
			return nil
		}
		ms = append(ms, worker.Measurement{Name: one.name, Unit: "1/s", Size: 1, Open: func() (*worker.Session, error) {
			useNetdev(one.dev)
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
