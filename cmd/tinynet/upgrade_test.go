package main

import (
	"bytes"
	"context"
	"errors"
	"go/version"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/internal/release/record"
)

// release makes a Go root out of the installed one: links, but for net and
// crypto/tls, in which edits are made (file, old, new, ...), and the version.
func release(t *testing.T, name string, edits ...string) string {
	t.Helper()
	unixOnly(t)
	dir, from := tempDir(t), goroot()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	link := func(below string, but ...string) {
		entries, err := os.ReadDir(filepath.Join(from, below))
		must(err)
		must(os.MkdirAll(filepath.Join(dir, below), 0o777))
	next:
		for _, e := range entries {
			for _, b := range but {
				if e.Name() == b {
					continue next
				}
			}
			must(os.Symlink(filepath.Join(from, below, e.Name()), filepath.Join(dir, below, e.Name())))
		}
	}
	link("src", "net", "crypto")
	link("src/crypto", "tls")
	must(os.CopyFS(filepath.Join(dir, "src/net"), os.DirFS(filepath.Join(from, "src/net"))))
	must(os.CopyFS(filepath.Join(dir, "src/crypto/tls"), os.DirFS(filepath.Join(from, "src/crypto/tls"))))
	must(os.WriteFile(filepath.Join(dir, "VERSION"), []byte(name+"\n"), 0o666))
	for i := 0; i < len(edits); i += 3 {
		file := filepath.Join(dir, "src", filepath.FromSlash(edits[i]))
		data, err := os.ReadFile(file)
		must(err)
		with := strings.Replace(string(data), edits[i+1], edits[i+2], 1)
		if with == string(data) {
			t.Fatalf("%s has no %q", file, edits[i+1])
		}
		must(os.WriteFile(file, []byte(with), 0o666))
	}
	return dir
}

// lang is the minor release of the installed Go.
func lang(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(goroot(), "VERSION"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(data), "\n")
	if version.Lang(line) == "" {
		t.Skipf("the installed Go is %q", line)
	}
	return version.Lang(line)
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestUpgradeAccept(t *testing.T) {
	port := recordedPort(t, "x", "x")
	lock := filepath.Join(port, "upstream.lock")
	before := read(t, lock)
	untouched := func() {
		t.Helper()
		if read(t, lock) != before {
			t.Errorf("the record was changed")
		}
	}
	v := lang(t) + ".999"
	to := release(t, v, "net/mac.go", "const hexDigit", "// New.\nconst hexDigit")
	args := []string{"upgrade", "-from", goroot(), "-to", to, "-record", lock}

	page := filepath.Join(t.TempDir(), "page.html")
	tinynet(port, append(args, "-nocheck", "-html", page)...).want(t, 1, "Carried over by itself: 0 declarations", "+// New.",
		"To do\n  port/net/manifest.toml:", "hexDigit changed; look whether it is still right that we edit it (a test)")
	if text := read(t, page); !strings.Contains(text, "<tr class=\"new\"><td class=\"o\"></td><td class=\"w\">// New.</td></tr>") {
		t.Errorf("the page lacks the diff")
	}
	untouched()

	// What does not assemble, or is not what it says, is not accepted.
	gone := release(t, v, "net/mac.go", "hexDigit =", "hexDigits =", "net/mac.go", "hexDigit[", "hexDigits[")
	tinynet(port, "upgrade", "-from", goroot(), "-to", gone, "-record", lock, "-accept", "-nocheck").want(t, 1,
		"edit net/mac.go hexDigit: no such declaration", "is not accepted: the port does not assemble", "the record stays as it was")
	untouched()
	bad := release(t, "go1.23.0", "net/mac.go", "package net", "package net\n\nvar backdoor int")
	tinynet(port, "upgrade", "-from", goroot(), "-to", bad, "-record", lock, "-accept", "-nocheck").want(t, 1,
		bad+" says that it is go1.23.0, but its sources are not those of that release: somebody changed net", "is not accepted")
	untouched()
	devel := release(t, "devel "+lang(t)+"-abcdef0", "net/mac.go", "const hexDigit", "// New.\nconst hexDigit")
	tinynet(port, "upgrade", "-from", goroot(), "-to", devel, "-record", lock, "-accept", "-nocheck").want(t, 1, "development version", "is not accepted")
	untouched()

	tinynet(port, append(args, "-accept")...).want(t, 0, lock+": "+v+" is accepted", "Nothing to do.")
	rec, err := record.ReadFile(lock)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(rec.Releases(), " "); got != "go1.23.0 "+v {
		t.Errorf("the record has %s", got)
	}
	// From now on that release is assembled without a word.
	tinynet(port, "tree", "-strict", "-goroot", to).want(t, 0, "!looked at")
}

func TestUpgradeBadInput(t *testing.T) {
	port := recordedPort(t, "x", "x")
	lock := filepath.Join(port, "upstream.lock")
	before := read(t, lock)
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Setenv("GOFLAGS", "-modcacherw")
	for _, test := range []struct {
		args   []string
		status int
		wants  []string
	}{
		{[]string{"-from", "1.23.999", "-to", goroot()}, 1, []string{"-from 1.23.999: find Go 1.23.999: ", "check that GOPROXY can be reached"}},
		{[]string{"-from", goroot(), "-to", "1.99.1"}, 1, []string{"-to 1.99.1: find Go 1.99.1: ", "https://go.dev/dl/"}},
		{[]string{"-from", goroot(), "-to", "tip"}, 1, []string{"no toolchain of tip", "clone https://go.googlesource.com/go"}},
		{[]string{"-from", goroot(), "-to", "./nowhere"}, 1, []string{"no such folder"}},
		{[]string{"-from", goroot(), "-to", t.TempDir()}, 1, []string{"not a Go root"}},
		{[]string{"-from", "1.25", "-to", goroot()}, 2, []string{"the first release is 1.25.0"}},
		{[]string{"-refresh", "-accept"}, 2, []string{"exclude each other"}},
		{[]string{"-tree", "x"}, 2, []string{"-tree is for -security"}},
		{[]string{"-security", "-tree", "nowhere"}, 1, []string{"look for security fixes"}},
		{[]string{"-from", goroot(), "-to", goroot(), "-record", filepath.Join(t.TempDir(), "none")}, 1, []string{"read the record"}},
		{[]string{"extra"}, 2, []string{"unexpected argument"}},
	} {
		args := append([]string{"upgrade"}, test.args...)
		if test.args[0] == "-from" && !strings.Contains(strings.Join(test.args, " "), "-record") {
			args = append(args, "-record", lock, "-accept")
		}
		tinynet(port, args...).want(t, test.status, test.wants...)
	}
	if read(t, lock) != before {
		t.Errorf("the record was changed")
	}
}

// A run that is interrupted while it fetches a release leaves the record alone.
func TestUpgradeInterrupted(t *testing.T) {
	port := recordedPort(t, "x", "x")
	lock := filepath.Join(port, "upstream.lock")
	before := read(t, lock)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done() // until the go command is gone
	}))
	defer proxy.Close()
	t.Setenv("GOPROXY", proxy.URL)
	t.Setenv("GONOSUMDB", "*")
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Setenv("GOFLAGS", "-modcacherw")
	var stdout, stderr bytes.Buffer
	tool := &tool{port: os.DirFS(port), stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr,
		become: func(string, []string, []string) (int, error) { return 0, errors.New("another program") }}
	status := tool.run(ctx, []string{"upgrade", "-from", goroot(), "-to", "1.99.1", "-record", lock, "-accept"})
	if status != 1 || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("status %d, %s", status, &stderr)
	}
	if read(t, lock) != before {
		t.Errorf("the record was changed")
	}
	if entries, err := filepath.Glob(filepath.Join(port, ".upstream*")); err != nil || len(entries) > 0 {
		t.Errorf("left: %v, %v", entries, err)
	}
}

func TestCompareCommand(t *testing.T) {
	port := recordedPort(t, "x", "x")
	tinynet(port, "compare", "net").want(t, 0, "edit hexDigit: a test", "net, added\n\tontheport.go", "!net/http")
	tinynet(port, "compare", "net/none").want(t, 2, "no package net/none")
	tinynet(port, "compare", "-md", "x", "net").want(t, 2, "-md is about all")
}
