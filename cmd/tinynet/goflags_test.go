package main

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSplitFlags(t *testing.T) {
	for _, test := range []struct {
		in   string
		want []string
	}{
		{"", nil},
		{"  ", nil},
		{"-a -b=c", []string{"-a", "-b=c"}},
		{"\t-a\n -b ", []string{"-a", "-b"}},
		{`'-ldflags=-X a=b' -v`, []string{"-ldflags=-X a=b", "-v"}},
		{`"-x='"`, []string{"-x='"}},
		{`-tags="a`, []string{`-tags="a`}},
	} {
		if got, err := splitFlags(test.in); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("splitFlags(%q) = %q, %v; want %q", test.in, got, err, test.want)
		}
	}
	if _, err := splitFlags("-a '-b"); err == nil || !strings.Contains(err.Error(), "GOFLAGS has an unterminated '") {
		t.Errorf("unterminated: %v", err)
	}
	if _, err := joinFlags([]string{`-x=" '`}); err == nil {
		t.Error("both quotes were joined")
	}
}

func FuzzFlags(f *testing.F) {
	f.Add("-a", "-overlay=/with space/x")
	f.Add("-a='", "")
	f.Fuzz(func(t *testing.T, a, b string) {
		words := []string{a, b}
		joined, err := joinFlags(words)
		if err != nil {
			return
		}
		got, err := splitFlags(joined)
		if err != nil || !slices.Equal(got, words) {
			t.Errorf("%q joined to %q, split to %q, %v", words, joined, got, err)
		}
	})
}

func TestParseGoArgs(t *testing.T) {
	for _, test := range []struct{ in, args, overlay, dir string }{
		{"", "", "", ""},
		{"build", "build", "", ""},
		{"build -overlay x.json ./...", "build ./...", "x.json", ""},
		{"build -overlay=x.json ./...", "build ./...", "x.json", ""},
		{"build --overlay=x.json -v ./...", "build -v ./...", "x.json", ""},
		{"build -o -overlay ./...", "build -o -overlay ./...", "", ""},
		{"build -C dir -overlay x .", "build -C dir .", "x", "dir"},
		{"build -C=dir .", "build -C=dir .", "", "dir"},
		{"run -race . -overlay x", "run -race . -overlay x", "", ""},
		{"run -tags a -overlay x . -overlay y", "run -tags a . -overlay y", "x", ""},
		{"test net -overlay x -run Y", "test net -run Y", "x", ""},
		{"test net -args -overlay x", "test net -args -overlay x", "", ""},
		{"test -run -overlay net", "test -run -overlay net", "", ""},
		{"build -overlay", "build", "", ""},
		{"build - -overlay x", "build - -overlay x", "", ""},
		{"test -cover net", "test -cover net", "", ""},
		{"test -overlay x -coverpkg net/http .", "test -coverpkg net/http .", "x", ""},
		{"test . --coverprofile=x", "test . --coverprofile=x", "", ""},
		{"vet -- -overlay=x", "vet -- -overlay=x", "", ""},
	} {
		got := parseGoArgs(strings.Fields(test.in))
		want := goArgs{args: strings.Fields(test.args), overlay: test.overlay, dir: test.dir, cover: strings.Contains(test.in, "-cover")}
		if len(want.args) == 0 {
			want.args = nil
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("parseGoArgs(%s) = %+v, want %+v", test.in, got, want)
		}
	}
}

func TestWithoutOverlay(t *testing.T) {
	rest, file := withoutOverlay([]string{"-v", "--overlay=a", "-overlay=b", "-overlays=c", "overlay=d"})
	if want := []string{"-v", "-overlays=c", "overlay=d"}; !slices.Equal(rest, want) || file != "b" {
		t.Errorf("got %q and %s, want %q", rest, file, want)
	}
}

func TestMergeOverlays(t *testing.T) {
	dir := tempDir(t)
	goFile := filepath.Join(dir, "goroot", "src", "net", "dial.go")
	write(t, dir, map[string]string{
		"port.json":    `{"Replace": {` + quote(goFile) + `: "/cache/dial.go"}}`,
		"mod/mine":     `{"Replace": {"a.go": "b.go", "gone.go": "", ` + quote(filepath.Join(dir, "x.go")) + `: "/y.go"}}`,
		"mod/clash":    `{"Replace": {"../goroot/src/./net/dial.go": "b.go"}}`,
		"mod/nonsense": `{`,
	})
	port, mod, cache := filepath.Join(dir, "port.json"), filepath.Join(dir, "mod"), filepath.Join(dir, "cache")
	merge := func(user string) (string, error) {
		return overlaySource{port: port, root: "/go", by: "/go", user: user, dir: mod}.write(cache)
	}
	name, err := merge("mine")
	if err != nil {
		t.Fatal(err)
	}
	got, err := readOverlay(name)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		goFile:                        "/cache/dial.go",
		filepath.Join(mod, "a.go"):    filepath.Join(mod, "b.go"),
		filepath.Join(mod, "gone.go"): "",
		filepath.Join(dir, "x.go"):    "/y.go",
	}
	if !reflect.DeepEqual(got.Replace, want) {
		t.Errorf("merged to %q, want %q", got.Replace, want)
	}

	// The second time it is there, and is noted to be in use.
	old := time.Now().Add(-keptFor / 2)
	if err := os.Chtimes(name, old, old); err != nil {
		t.Fatal(err)
	}
	if again, err := merge("mine"); err != nil || again != name {
		t.Errorf("the second time: %s, %v", again, err)
	}
	if fi, err := os.Stat(name); err != nil || fi.ModTime().Equal(old) {
		t.Errorf("its time is %v, %v", fi.ModTime(), err)
	}
	old = time.Now().Add(-2 * keptFor)
	if err := os.Chtimes(name, old, old); err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{"mod/other": `{"Replace": {"o.go": ""}}`})
	if _, err := merge("other"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(name); err == nil {
		t.Error("an old file was kept")
	}

	for user, wants := range map[string][]string{
		"clash":    {"join your overlay clash to the port's: both replace " + goFile},
		"nonsense": {"join your overlay nonsense", "JSON"},
		"none":     {"join your overlay none", filepath.Join(mod, "none")},
	} {
		_, err := merge(user)
		for _, want := range wants {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %s", user, err, want)
			}
		}
	}
}

func TestLinkedOverlay(t *testing.T) {
	dir := tempDir(t)
	root, by := filepath.Join(dir, "mod", "go"), filepath.Join(dir, "link")
	in := func(root, name string) string { return filepath.Join(root, "src", name) }
	write(t, dir, map[string]string{"port.json": `{"Replace": {` + quote(in(root, "a.go")) + `: "/a.go", ` +
		quote(in(root, "b.go")) + `: "", ` + quote(in("/real/mod/go", "a.go")) + `: "/a.go"}}`})
	s := overlaySource{port: filepath.Join(dir, "port.json"), root: root, by: root}
	if name, err := s.write(dir); name != s.port || err != nil {
		t.Errorf("not linked: %s, %v", name, err)
	}
	s.by = by
	name, err := s.write(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := readOverlay(name)
	if want := map[string]string{in(by, "a.go"): "/a.go", in(by, "b.go"): ""}; err != nil || !reflect.DeepEqual(got.Replace, want) {
		t.Errorf("the overlay has %q, %v; want %q", got.Replace, err, want)
	}
	s.port = filepath.Join(dir, "none")
	if _, err := s.write(dir); err == nil || !strings.Contains(err.Error(), "write the port's overlay: ") {
		t.Errorf("without the port's: %v", err)
	}
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, `\`, `\\`) + `"` }
