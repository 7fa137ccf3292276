// Assertclient changes a setting of http.DefaultTransport, as half the programs
// that set a timeout do. In a program for a board without TLS that is no
// *http.Transport: see default_transport_small.go.
package main

import (
	"fmt"
	"net/http"
	"time"
)

func main() {
	http.DefaultTransport.(*http.Transport).ResponseHeaderTimeout = time.Second
	fmt.Println("end")
}
