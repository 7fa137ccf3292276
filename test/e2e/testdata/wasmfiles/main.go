// Wasmfiles serves the folder that it is given as its root, once, to itself, and
// leaves a file there.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

func main() {
	if err := once(); err != nil {
		fmt.Println(err)
		os.Exit(3)
	}
}

func once() error {
	ln, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return err
	}
	go http.Serve(ln, http.FileServer(http.Dir("/")))
	resp, err := http.Get("http://" + ln.Addr().String() + "/in")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	return os.WriteFile("/out", []byte(resp.Status+": "+string(text)), 0o666)
}
