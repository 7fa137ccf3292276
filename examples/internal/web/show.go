// Package web is what the examples with net/http share.
package web

import (
	"io"
	"net/http"
	"os"
	"slices"

	"github.com/tinynet/tinynet/examples/internal/online"
)

// Show prints an answer: the line with its status, its header, sorted, an
// empty line, and the body. It closes the body.
func Show(resp *http.Response) error {
	ShowHead(resp)
	// io.Copy alone would take a buffer of 32 kB.
	_, err := io.CopyBuffer(struct{ io.Writer }{os.Stdout}, struct{ io.Reader }{resp.Body}, make([]byte, 512))
	if closeErr := resp.Body.Close(); err == nil {
		err = closeErr
	}
	return err
}

// ShowHead prints an answer without its body, and an empty line.
func ShowHead(resp *http.Response) {
	online.Say(resp.Proto, " ", resp.Status)
	keys := make([]string, 0, len(resp.Header))
	for k := range resp.Header {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		for _, v := range resp.Header[k] {
			online.Say(k, ": ", v)
		}
	}
	online.Say()
}
