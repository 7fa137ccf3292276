//go:build tinynetport && tinynet_board

package http

import (
	"net/url"
	"testing"
)

// uris are what clients ask for, and what they should not.
var uris = []string{
	"", "/", "/index.html", "/a/b_c-d~e.F9", "//twice", "/led?on=1", "/led?", "/led??", "/?a?b=c&d=%41", "/?a#b", "/?\x1f", "/?\x7f", "/?\x80",
	"/a%20b", "/a+b", "/a:b", "/a b", "/a#b", "/\x00", "/\xff", "/\u00e4", "/@", "/[", "/`", "/{", "/,", "*", "http://host/", "relative", "?a=b",
}

func checkPlainURI(t *testing.T, raw string) {
	t.Helper()
	path, query, ok := plainURI(raw)
	if !ok {
		return
	}
	want, err := url.ParseRequestURI(raw)
	if err != nil {
		t.Fatalf("plainURI(%q) = %q, %q, want the error %q", raw, path, query, err)
	}
	if got := (url.URL{Path: path, RawQuery: query}); got != *want {
		t.Errorf("plainURI(%q) makes %#v, want %#v", raw, got, *want)
	}
}

func TestPlainURI(t *testing.T) {
	for _, raw := range uris {
		checkPlainURI(t, raw)
	}
	for c := range 256 { // each byte, in a path and in a query
		checkPlainURI(t, "/x"+string([]byte{byte(c)})+"y")
		checkPlainURI(t, "/x?"+string([]byte{byte(c)})+"y")
	}
	for _, raw := range []string{"/", "/index.html", "/a/b_c-d~e.F9", "/led?on=1"} {
		if _, _, ok := plainURI(raw); !ok {
			t.Errorf("plainURI(%q) leaves it to package url, want it split", raw)
		}
	}
}

func FuzzPlainURI(f *testing.F) {
	for _, raw := range uris {
		f.Add(raw)
	}
	f.Fuzz(checkPlainURI)
}
