package assemble

import (
	"errors"
	"strings"
	"testing"
)

func listingTree() *Tree {
	return &Tree{Release: "go1.26.8", Files: []File{
		{Path: "crypto/tls/tls.go", Mark: Taken},
		{Path: "net/dial.go", Mark: Modified, Changes: []Change{{"drop", "f", "why f"}, {"swap", "a/b", "why b"}}},
		{Path: "net/fd_netdev.go", Mark: Added},
		{Path: "net/http/internal/ascii/print.go", Mark: Taken},
		{Path: "net/http/server.go", Mark: Modified, Changes: []Change{{"edit", "Server.Serve", "why serve"}}},
		{Path: "net/ip.go", Mark: Taken},
	}, Omitted: []Omission{{"net/fd_unix.go", "why unix"}}}
}

func TestListing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		opt  ListingOptions
		want string
	}{
		{ListingOptions{}, `
src
├── crypto
│   └── tls
│       └── tls.go
└── net
    ├── dial.go        *
    ├── fd_netdev.go   +
    ├── http
    │   ├── internal
    │   │   └── ascii
    │   │       └── print.go
    │   └── server.go  *
    └── ip.go
`},
		{ListingOptions{Omitted: true}, `
src
├── crypto
│   └── tls
│       └── tls.go
└── net
    ├── dial.go        *
    ├── fd_netdev.go   +
    ├── fd_unix.go     -
    ├── http
    │   ├── internal
    │   │   └── ascii
    │   │       └── print.go
    │   └── server.go  *
    └── ip.go
`},
		{ListingOptions{Omitted: true, Changes: true}, `
src
├── crypto
│   └── tls
│       └── tls.go
└── net
    ├── dial.go        *
    │       drop f: why f
    │       swap a/b: why b
    ├── fd_netdev.go   +
    ├── fd_unix.go     -
    │       omit: why unix
    ├── http
    │   ├── internal
    │   │   └── ascii
    │   │       └── print.go
    │   └── server.go  *
    │           edit Server.Serve: why serve
    └── ip.go
`},
	} {
		var b strings.Builder
		if err := listingTree().Listing(&b, c.opt); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); got != c.want[1:] {
			t.Errorf("%+v: got\n%s\nwant%s", c.opt, got, c.want)
		}
	}
	var b strings.Builder
	if err := (&Tree{}).Listing(&b, ListingOptions{}); err != nil || b.String() != "src\n" {
		t.Errorf("an empty tree is %q, %v", b.String(), err)
	}
	if err := listingTree().Listing(badWriter{}, ListingOptions{}); err == nil {
		t.Error("a failed write is no error")
	}
}

type badWriter struct{}

func (badWriter) Write([]byte) (int, error) { return 0, errors.New("closed") }
