// Command hello asks a server of its own for a page that it does not have.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	go http.Serve(l, http.NotFoundHandler())
	r, err := http.Get("http://" + l.Addr().String() + "/page")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	r.Body.Close()
	fmt.Println(r.StatusCode, "from the sandbox")
}
