package apicheck

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/toolchain"
)

// A small Go root, and ports of it below port/.
const rootArchive = `
-- VERSION --
go1.26.3
-- api/go1.txt --
pkg net, func Dial(string, string) (Conn, error)
pkg net, func Listen(string) error
pkg net, func Gone(string) error
pkg net, func Older(os.FileInfo) error
pkg net, method (*T) M([]uint8) int
pkg net, method (T) V() int
pkg net, type Conn interface { Close, Read }
pkg net, type Conn interface, Close() error
pkg net, type Conn interface, Read([]uint8) (int, error)
pkg net, type T struct
pkg net, type T struct, A int
pkg net, type T struct, B string
pkg os, func Other()

-- api/go1.9.txt --
# a comment
pkg net (windows-386), func OnlyWindows()
pkg net (linux-amd64), func OnlyLinux()
pkg net, func Any(...any) #12345
pkg net, func Older //deprecated
pkg net, const C = 7
pkg net, const C ideal-int
pkg net, const F = 0.5  // 1/2
pkg net, var ErrX error  #7
-- api/go1.26.txt --
pkg net/http, func Get(string) error
-- api/go1.27.txt --
pkg net, func Future()
-- api/except.txt --
pkg net, func Gone(string) error
pkg net, type T struct, Zzz int
-- src/os/os.go --
package os

import "io/fs"

type FileInfo = fs.FileInfo
-- src/io/fs/fs.go --
package fs

import "golang.org/x/thing"

type FileInfo interface{ Name() thing.String }
-- src/vendor/golang.org/x/thing/thing.go --
package thing

type String string

func broken() { this is not Go }
-- src/net/net.go --
package net
-- src/net/url/url.go --
package url
-- src/net/http/http.go --
package http
-- src/crypto/tls/tls.go --
package tls
-- src/crypto/tls/fipsonly/fips.go --
//go:build boringcrypto

package fipsonly
-- port/good/net/net.go --
package net

import "os"

type Conn interface {
	Close() error
	Read(p []byte) (n int, err error)
}

type embedded struct{}

func (embedded) V() int        { return 0 }
func (*embedded) M(b []byte) int { return 0 }

type T struct {
	A int
	embedded
	B string
	hidden bool
}

const (
	C = 7
	F float64 = 0.5
)

func Dial(network, addr string) (c Conn, e error)
func Listen(string) error
func Older(os.FileInfo) error
func Any(x ...interface{})
func Added()

var ErrX error
-- port/good/net/net_linux.go --
package net

func OnlyLinux()
-- port/good/net/net_windows.go --
package net

func OnlyWindows()
-- port/good/net/net_test.go --
package net

func OnlyInTests()
-- port/good/net/http/http.go --
package http

import "net"

func Get(string) error

var conn net.Conn
-- port/good/net/http/internal/i.go --
package internal

func Hidden()
-- port/bad/net/net.go --
package net

type Conn interface {
	Close() error
	Read(p []byte) (n int)
}

type T struct {
	A int64
}

func (t *T) M(b []byte) int { return 0 }
func (t *T) V() int         { return 0 }

const C uint8 = 8
const F = 0.5

func Dial(network, addr string) (c Conn)

var ErrX string
-- port/broken/net/net.go --
package net

func Dial(Nonsense) {}
-- port/syntax/net/net.go --
package net

func Dial( {}
`

type file struct {
	name string
	data []byte
}

// archive splits a text at its lines of the form -- name --.
func archive(text string) (files []file) {
	for _, part := range strings.Split(text, "\n-- ")[1:] {
		name, data, _ := strings.Cut(part, " --\n")
		files = append(files, file{name, []byte(data + "\n")})
	}
	return files
}

func write(t *testing.T, dir string, f file) {
	t.Helper()
	name := filepath.Join(dir, filepath.FromSlash(f.name))
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, f.data, 0o666); err != nil {
		t.Fatal(err)
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// synthetic makes the small Go root, without its files in the named folders,
// and the tree of one of its ports.
func synthetic(t *testing.T, port string, without ...string) (assemble.Goroot, *assemble.Tree) {
	t.Helper()
	dir := t.TempDir()
	tree := &assemble.Tree{Release: "go1.26.3"}
	for _, f := range archive(rootArchive) {
		top, rest, _ := strings.Cut(f.name, "/")
		switch {
		case slices.Contains(without, top):
		case top != "port":
			write(t, dir, f)
		case strings.HasPrefix(rest, port+"/"):
			tree.Files = append(tree.Files, assemble.File{Path: strings.TrimPrefix(rest, port+"/"), Data: f.data})
		}
	}
	if !slices.Contains(without, "api") {
		for i := range 26 {
			if name := filepath.Join(dir, "api", fileFor(i)); !exists(name) {
				write(t, dir, file{"api/" + fileFor(i), nil})
			}
		}
	}
	root, err := assemble.OpenGoroot(dir)
	if err != nil {
		t.Fatal(err)
	}
	return root, tree
}

func text(t *testing.T, r *Report) string {
	t.Helper()
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(b.String(), "\n") // the first line has the folder
	return rest
}

func TestGood(t *testing.T) {
	root, tree := synthetic(t, "good")
	r, err := Check(tree, root, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	// F is a typed constant in the port, so its line with the value is there
	// and Go's list has no line with a type for it.
	want := "net       have 17 of 17\nnet/http  have 1 of 1\nhave 18 of 18 lines\n"
	if got := text(t, r); got != want || !r.OK() {
		t.Errorf("OK %v, printed:\n%swant:\n%s", r.OK(), got, want)
	}
	if want := []string{"pkg net, const F float64", "pkg net, func Added()"}; !slices.Equal(r.Packages[0].Extra, want) {
		t.Errorf("extra lines %q, want %q", r.Packages[0].Extra, want)
	}
	if r.Reference != filepath.Join(root.Dir, "api") || r.Release != "go1.26.3" {
		t.Errorf("reference %s, release %s", r.Reference, r.Release)
	}
}

func TestBad(t *testing.T) {
	root, tree := synthetic(t, "bad")
	excuses := []Excuse{
		{"pkg net, func Listen(string) error", "nobody listens"},
		{"pkg net, const C = 7", "eight is luckier"},
		{"pkg net, type T struct", "it was missing once"},
		{"pkg net, func NotInThisRelease()", "a newer one has it"},
	}
	r, err := Check(tree, root, []string{"net"}, nil, excuses)
	if err != nil {
		t.Fatal(err)
	}
	want := `net  have 5 of 17
	differs: pkg net, const C = 7
	    got: pkg net, const C = 8
	    excused: eight is luckier
	differs: pkg net, const C ideal-int
	    got: pkg net, const C uint8
	missing: pkg net, func Any(...interface{})
	differs: pkg net, func Dial(string, string) (Conn, error)
	    got: pkg net, func Dial(string, string) Conn
	missing: pkg net, func Listen(string) error
	    excused: nobody listens
	missing: pkg net, func Older(os.FileInfo) error
	missing: pkg net, func OnlyLinux()
	differs: pkg net, method (T) V() int
	    got: pkg net, method (*T) V() int
	differs: pkg net, type Conn interface, Read([]uint8) (int, error)
	    got: pkg net, type Conn interface, Read([]uint8) int
	differs: pkg net, type T struct, A int
	    got: pkg net, type T struct, A int64
	missing: pkg net, type T struct, B string
	differs: pkg net, var ErrX error
	    got: pkg net, var ErrX string
	stale excuse: pkg net, type T struct: the port has it, so delete its entry in internal/release/apicheck/excuses.toml
`
	want += "have 5 of 17 lines, 10 lacking without excuse, 2 excused, 1 stale excuses\n"
	if got := text(t, r); got != want || r.OK() {
		t.Errorf("OK %v, printed:\n%swant:\n%s", r.OK(), got, want)
	}
	if data, err := json.Marshal(r); err != nil || !strings.Contains(string(data), `"line":"pkg net, const C = 7","got":"pkg net, const C = 8","excuse":"eight is luckier"`) {
		t.Errorf("JSON: %s, %v", data, err)
	}
}

func TestExcused(t *testing.T) {
	root, tree := synthetic(t, "bad")
	r, err := Check(tree, root, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var excuses []Excuse
	for _, p := range r.Packages {
		for _, m := range p.Missing {
			excuses = append(excuses, Excuse{m.Line, "because"})
		}
	}
	if r, err = Check(tree, root, nil, nil, excuses); err != nil || !r.OK() {
		t.Errorf("with excuses for all: %v\n%s", err, text(t, r))
	}
}

// Without GOROOT/api, Go's own sources are the measure.
func TestFromSource(t *testing.T) {
	root, tree := synthetic(t, "bad", "api")
	for _, f := range archive(rootArchive) {
		if name, ok := strings.CutPrefix(f.name, "port/good/"); ok {
			write(t, root.Dir, file{"src/" + name, f.data})
		}
	}
	r, err := Check(tree, root, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Reference != filepath.Join(root.Dir, "src") || r.OK() {
		t.Errorf("reference %s, OK %v", r.Reference, r.OK())
	}
	got := text(t, r)
	for _, want := range []string{
		"\nnet/http  have 0 of 1\n\tmissing: pkg net/http, func Get(string) error\n",
		"\tmissing: pkg net, func Older(fs.FileInfo) error\n",
		"\tdiffers: pkg net, method (T) V() int\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("printed:\n%swithout:\n%s", got, want)
		}
	}
	if strings.Contains(got, "crypto/tls") || strings.Contains(got, "url") || strings.Contains(got, "internal") {
		t.Errorf("printed packages that have nothing to compare:\n%s", got)
	}
}

func TestPatterns(t *testing.T) {
	all := []string{"crypto/tls", "net", "net/http", "net/http/httptest", "net/httpx"}
	for _, test := range []struct{ patterns, want string }{
		{"", "crypto/tls net net/http net/http/httptest net/httpx"},
		{"net", "net"},
		{"net/http/...", "net/http net/http/httptest"},
		{"net/http/httptest net crypto/...", "crypto/tls net net/http/httptest"},
	} {
		got, err := match(all, strings.Fields(test.patterns))
		if err != nil || strings.Join(got, " ") != test.want {
			t.Errorf("match(%s) = %q, %v; want %s", test.patterns, got, err, test.want)
		}
	}
	root, tree := synthetic(t, "good")
	_, err := Check(tree, root, []string{"net", "net/url"}, nil, nil)
	var unknown *UnknownPackageError
	if !errors.As(err, &unknown) || unknown.Pattern != "net/url" || !strings.Contains(err.Error(), "net, net/http") {
		t.Errorf("Check of net/url: %v", err)
	}
}

func TestBroken(t *testing.T) {
	for port, want := range map[string]string{"broken": "src/net/net.go:3:11: undefined: Nonsense", "syntax": "src/net/net.go:3:12"} {
		root, tree := synthetic(t, port)
		_, err := Check(tree, root, nil, nil, nil)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "type-check net of go1.26.3") {
			t.Errorf("%s: got %v, want %s", port, err, want)
		}
	}
}

func TestTruncatedAPI(t *testing.T) {
	root, tree := synthetic(t, "good")
	if err := os.Remove(filepath.Join(root.Dir, "api", "go1.20.txt")); err != nil {
		t.Fatal(err)
	}
	if _, err := Check(tree, root, nil, nil, nil); err == nil || !strings.Contains(err.Error(), "read the API of go1.26.3: open ") {
		t.Errorf("got %v", err)
	}
}

func TestExcusesFile(t *testing.T) {
	if _, err := Excuses(); err != nil {
		t.Errorf("the port's own: %v", err)
	}
	for _, test := range []struct{ toml, want string }{
		{"[[excuse]]\nline = \"pkg net, func F()\"\nwhy = \"x\"", ""},
		{"[[excuse]]\nline = \"pkg net, func F()\"", "no why"},
		{"[[excuse]]\nline = \"func F()\"\nwhy = \"x\"", "not a line as"},
		{"[[excuse]]\nline = \"pkg net, func F() #123\"\nwhy = \"x\"", "not a line as"},
		{"[[excuse]]\nlime = \"pkg net, func F()\"\nwhy = \"x\"", "unknown key excuse.lime"},
		{"[[excuse]]\nline = \"pkg net, func F()\"\nwhy = \"x\"\n[[excuse]]\nline = \"pkg net, func F()\"\nwhy = \"y\"", "there twice"},
		{"[[excuse", "read excuses.toml"},
	} {
		_, err := parseExcuses("excuses.toml", []byte(test.toml))
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.toml, err, test.want)
		}
	}
}

func TestReleaseTags(t *testing.T) {
	for v, want := range map[string]int{"go1.23.12": 23, "go1.27rc1": 27, "go1.27": 27, "devel go1.28-1a2b3c Mon": 28, "nonsense": 0} {
		if got := releaseTags(v); len(got) != want {
			t.Errorf("%s has %d release tags, want %d", v, len(got), want)
		}
	}
}

// installed is the Go on this computer with a port of it that changes nothing.
func installed(t *testing.T) (assemble.Goroot, *assemble.Tree) {
	t.Helper()
	tc, err := toolchain.Find(context.Background(), toolchain.Query{})
	if err != nil {
		t.Fatal(err)
	}
	root, err := assemble.OpenGoroot(tc.Root)
	if err != nil {
		t.Fatal(err)
	}
	tree := &assemble.Tree{Release: root.Version}
	src := os.DirFS(filepath.Join(root.Dir, "src"))
	for _, top := range []string{"net", "crypto/tls"} {
		err := fs.WalkDir(src, top, func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(name, ".go") || !inPort(path.Dir(name)) || strings.Contains(name, "/testdata/") {
				return err
			}
			data, err := fs.ReadFile(src, name)
			tree.Files = append(tree.Files, assemble.File{Path: name, Data: data})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return root, tree
}

// Go's own packages, taken as a port, have all of Go's API. That also shows
// that the lines are written as Go's tool writes them.
func TestGoItself(t *testing.T) {
	if testing.Short() {
		t.Skip("type-checks a good part of the standard library")
	}
	root, tree := installed(t)
	var patterns []string
	if raceEnabled {
		patterns = []string{"net"} // the rest would take minutes
	}
	r, err := Check(tree, root, patterns, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for _, p := range r.Packages {
		want += p.Want
	}
	if !r.OK() || want < 300 {
		t.Errorf("of %d lines:\n%s", want, text(t, r))
	}

	// Packages with what the port's have little of, such as type parameters.
	api := filepath.Join(root.Dir, "api")
	if _, err := os.Stat(filepath.Join(api, fileFor(minor(root.Version)))); err != nil {
		t.Skip("this Go came without its API files")
	}
	if raceEnabled {
		return
	}
	u := newUniverse(root, nil)
	lines := map[string][]string{}
	check := []string{"bufio", "cmp", "go/ast", "iter", "maps", "os", "reflect", "slices", "sync/atomic", "time", "unique"}
	except := map[apiLine]bool{}
	if err := readLines(filepath.Join(api, "except.txt"), func(l apiLine) { except[l] = true }); err != nil {
		t.Fatal(err)
	}
	for i := range minor(root.Version) + 1 {
		if err := readLines(filepath.Join(api, fileFor(i)), func(l apiLine) {
			if l.context == "" && !except[l] {
				lines[l.pkg] = append(lines[l.pkg], l.String())
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	have, err := u.Features(check)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range check {
		c := compare(p, have[p], canonical(lines[p], u.aliases()), nil)
		if len(c.Missing) > 0 || c.Want == 0 {
			t.Errorf("%s has %d of %d: %+v", p, c.Have, c.Want, c.Missing)
		}
	}
}

func TestKey(t *testing.T) {
	for _, test := range [][2]string{
		{"pkg net, func Dial(string, string) (Conn, error)", "pkg net, func Dial"},
		{"pkg slices, func All[$0 interface{ ~[]$1 }, $1 interface{}]($0)", "pkg slices, func All"},
		{"pkg net, method (*T) Close() error", "pkg net, method T.Close"},
		{"pkg net, method (T) Close(int)", "pkg net, method T.Close"},
		{"pkg net, const C = 7", "pkg net, value C"},
		{"pkg net, const C ideal-int", "pkg net, const C"},
		{"pkg net, type T struct", "pkg net, type T"},
		{"pkg net, type T interface { A, B }", "pkg net, type T"},
		{"pkg net, type T func(int, string)", "pkg net, type T"},
		{"pkg net, type T struct, F map[string]int", "pkg net, type T, F"},
		{"pkg net, type T interface, M(int, string)", "pkg net, type T, M"},
		{"pkg net", "pkg net"},
	} {
		if got := key(test[0]); got != test[1] {
			t.Errorf("key(%s) = %s, want %s", test[0], got, test[1])
		}
	}
	if !reflect.DeepEqual(first([]int{1, 2}, 5), []int{1, 2}) {
		t.Error("first cuts what is short")
	}
}
