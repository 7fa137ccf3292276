package compare

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/release/matrix"
	"github.com/tinynet/tinynet/internal/release/record"
	"github.com/tinynet/tinynet/internal/toolchain"
	"github.com/tinynet/tinynet/port"
)

// of compares this repository's port with a release, or skips the test if that
// would have to be fetched.
func of(t *testing.T, release string) (*Report, *assemble.Tree, *assemble.Survey, assemble.Goroot) {
	t.Helper()
	t.Setenv("GOPROXY", "off")
	tc, err := toolchain.Find(context.Background(), toolchain.Query{Release: release})
	if err != nil {
		t.Skipf("Go %s is not on this computer; `GOTOOLCHAIN=go%[1]s go version` fetches it", release)
	}
	root, err := assemble.OpenGoroot(tc.Root)
	if err != nil {
		t.Fatal(err)
	}
	m, err := assemble.LoadManifest(port.FS)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := assemble.Assemble(m, root)
	if err != nil {
		t.Fatal(err)
	}
	s, err := assemble.LookFor(m, root)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Compare(tree, s, root)
	if err != nil {
		t.Fatal(err)
	}
	return r, tree, s, root
}

// docs/port.md is that of the manifests, and all that differs from Go is
// explained by them.
func TestPage(t *testing.T) {
	var reports []*Report
	for _, release := range matrix.Releases {
		r, _, _, _ := of(t, release)
		for _, x := range r.Unexplained() {
			t.Errorf("%s: no manifest explains: %s", release, x)
		}
		reports = append(reports, r)
	}
	var page bytes.Buffer
	if err := WritePage(&page, reports); err != nil {
		t.Fatal(err)
	}
	if have, err := os.ReadFile("../../../docs/port.md"); err != nil || !bytes.Equal(have, page.Bytes()) {
		t.Errorf("docs/port.md is not of these manifests (%v); run `%s`", err, record.Regenerate)
	}
}

// Whatever is done to an assembled port without a manifest shows.
func TestUnexplained(t *testing.T) {
	const file = "net/ip.go"
	_, tree, s, root := of(t, matrix.Releases[len(matrix.Releases)-2])
	whole := tree.Files
	for _, test := range []struct{ old, with, want string }{
		{"", "\nfunc backdoor() {}\n", "net/ip.go: backdoor is not Go's"},
		{"ip.Equal(IPv4zero)", "!ip.Equal(IPv4zero)", "net/ip.go: IP.IsUnspecified is not as Go has it"},
		{"func (ip IP) IsUnspecified(", "func (ip IP) IsSpecified(", "net/ip.go: IP.IsUnspecified is not in the port"},
		{"// Copyright", "//go:build never\n\n// Copyright", "net/ip.go: its build constraint is not Go's"},
		{"// Copyright", "// copyright", ""},
	} {
		tree.Files = slices.Clone(whole)
		changed := false
		for i := range tree.Files {
			f := &tree.Files[i]
			if f.Path != file {
				continue
			}
			was := string(f.Data)
			now := was + test.with
			if test.old != "" {
				now = strings.Replace(was, test.old, test.with, 1)
			}
			changed = now != was
			f.Data = []byte(now)
		}
		if !changed {
			t.Fatalf("%s has no %q", file, test.old)
		}
		r, err := Compare(tree, s, root)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(r.Unexplained(), "\n")
		if !strings.Contains(got, test.want) || (got == "") != (test.want == "") {
			t.Errorf("with %q: %q, want %q", test.with, got, test.want)
		}
		var text bytes.Buffer
		if err := r.WriteText(&text); err != nil || strings.Contains(text.String(), "No operation") != (test.want != "") {
			t.Errorf("with %q: %v\n%s", test.with, err, &text)
		}
	}
	// A file that goes.
	tree.Files = slices.Clone(whole[1:])
	if r, err := Compare(tree, s, root); err != nil || len(r.Unexplained()) != 1 {
		t.Errorf("a file less: %v, %v", r, err)
	}
	tree.Files = append(tree.Files, assemble.File{Path: "net/stray.go"})
	if _, err := Compare(tree, s, root); err == nil || !strings.Contains(err.Error(), "net/stray.go") {
		t.Errorf("a file more: %v", err)
	}
}

func TestShare(t *testing.T) {
	c := Count{Identical: 971, Edited: 20, Replaced: 5, Dropped: 5, Omitted: 999}
	if got := c.Share(); got != 97.0 { // not rounded up
		t.Errorf("share %v", got)
	}
	if got := c.ShareOfAll(); got != 48.5 {
		t.Errorf("share of all %v", got)
	}
	if got := (&Count{}).Share(); got != 100 {
		t.Errorf("share of nothing %v", got)
	}
}
