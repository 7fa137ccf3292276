// Httpovernet is a web server with net/http over net and the device of netdev/lneto, to
// hold its size against those of httphiovernet and httphioverlneto.
package main

import (
	"io"
	"net/http"

	"github.com/tinynet/tinynet/bench/lneto/internal/online"
)

func main() { println(run().Error()) }

// run serves until there is an error.
func run() error {
	if err := online.Up(); err != nil {
		return err
	}
	http.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello\n") })
	return http.ListenAndServe(":80", nil)
}
