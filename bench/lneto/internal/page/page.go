// Package page is the page that every server here has.
package page

import (
	"github.com/soypat/lneto/http/httphi"
)

// Body is the page.
const Body = "hello\n"

// Workers is how many connections a router serves at once, and Memory how many bytes
// it has for each: what lneto's own example of a server on a network card has.
const (
	Workers = 2
	Memory  = 4 << 10
)

// Router makes a router of httphi that serves the page.
func Router() (*httphi.Router, error) {
	var mux httphi.MuxSlice
	mux.Handle("GET /", func(ex *httphi.Exchange) {
		ex.RespondString(200, "text/plain", Body)
	})
	router := new(httphi.Router)
	return router, router.Configure(&mux, httphi.DefaultRouterConfig(Workers, Memory, mux.MaxPathValues()))
}
