package size

import "strings"

// A Tag is a build tag of the port that changes how large programs for boards
// are.
type Tag struct {
	Name string
	What string // the program is built with
	of   string // the port's packages that it changes; others of that prefix, too
}

// Tags are all of them, as docs/size.md, docs/http.md and docs/tls.md describe
// them.
var Tags = []Tag{
	{"netgo", "Go's own resolver", "net"},
	{"libcmemory", "the C library's memset and memcpy", "net"},
	{"nethttpidna", "the tables for host names of all scripts", "net/http"},
	{"nethttpproxy", "the proxy that the environment names", "net/http"},
	{"nethttptransport", "Go's type of DefaultTransport, where notls has another", "net/http"},
	{"nethttpgzip", "answers that a client unpacks by itself", "net/http"},
	{"nethttp2", "HTTP/2", "net/http"},
	{"tlsfull", "all of Go's TLS: post-quantum keys, fast curves, Ed25519, ECH, RC4, 3DES", "crypto/"},
	{"tlssoftware", "TLS in software, also where the board's firmware does it", "crypto/"},
	{"tlsoffload", "TLS by the device", "crypto/"},
	{"notls", "no TLS", "crypto/"},
}

// TagNamed is one of Tags.
func TagNamed(name string) (Tag, bool) {
	for _, t := range Tags {
		if t.Name == name {
			return t, true
		}
	}
	return Tag{}, false
}

// Matters tells whether a program has anything that the tag may change.
func (t Tag) Matters(p *Program) bool {
	for _, k := range p.Packages {
		if strings.HasPrefix(k.Name, t.of) {
			return true
		}
	}
	return false
}
