// Package docs_test holds what the documents say of the repository.
package docs_test

import (
	"bytes"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile("(?m)^#+ (.*)$")
	// A path in code or in a command: one that begins with a folder of ours.
	named = regexp.MustCompile("(?:^|[\\s`(=\"])(?:\\./)?((?:bench|cmd|docs|examples|internal/(?:assemble|board|conform|release|tinygo|toolchain)|netdev|port|test)/[A-Za-z0-9_./-]*[A-Za-z0-9_])")
)

// pages are the documents, by their names from the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	out, err := exec.Command("git", "-C", "..", "ls-files", "-co", "--exclude-standard", "*.md").Output()
	if err != nil {
		t.Skipf("the documents are those that git lists, and it lists none: %v", err)
	}
	all := map[string]string{}
	for _, name := range strings.Fields(string(out)) {
		text, err := os.ReadFile(filepath.Join("..", name))
		if os.IsNotExist(err) {
			continue // git has not heard that it is gone
		} else if err != nil {
			t.Fatal(err)
		}
		all[name] = string(text)
	}
	return all
}

// anchor is what a heading is called in a link.
func anchor(heading string) string {
	var b bytes.Buffer
	for _, r := range strings.ToLower(heading) {
		switch {
		case r == ' ':
			b.WriteByte('-')
		case r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r > 127:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// TestLinks follows every link of a document to a file of ours, and to the
// heading in it.
func TestLinks(t *testing.T) {
	all := pages(t)
	for name, text := range all {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			to, at, _ := strings.Cut(m[1], "#")
			if strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
				continue
			}
			file := name
			if to != "" {
				file = path.Join(path.Dir(name), to)
				if _, err := os.Stat(filepath.Join("..", file)); err != nil {
					t.Errorf("%s links to %s, which does not exist", name, m[1])
					continue
				}
			}
			if at == "" {
				continue
			}
			found := false
			for _, h := range heading.FindAllStringSubmatch(all[file], -1) {
				found = found || anchor(h[1]) == at
			}
			if !found {
				t.Errorf("%s links to %s, and %s has no such heading", name, m[1], file)
			}
		}
	}
}

// notOurs are paths that begin like ours and mean something else, with why.
var notOurs = map[string]string{
	"examples/X":                               "any of them",
	"port/net/x.go":                            "any of them",
	"port/net/lamp.go":                         "the invented file of docs/manifest.md",
	"port/net/lamp_netdev.go":                  "the invented file of docs/manifest.md",
	"port/net/http/internal/new/manifest.toml": "the invented package of docs/manifest.md",
	"port/src":                                 "a folder of a user's, with an assembled port",
}

// TestPaths looks for every path that a document, a message of the command, the
// Makefile or CI names.
func TestPaths(t *testing.T) {
	all := pages(t)
	for _, pattern := range []string{"../Makefile", "../.ci/run", "../cmd/tinynet/*.go", "../internal/*/*.go", "../internal/*/*/*.go", "../bench/size/budget/*.toml"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue // tests name what is not there on purpose
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all[strings.TrimPrefix(filepath.ToSlash(name), "../")] = string(text)
		}
	}
	for name, text := range all {
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			p := strings.TrimSuffix(m[1], "/...")
			if notOurs[p] != "" || strings.Contains(p, "...") {
				continue
			}
			if _, err := os.Stat(filepath.Join("..", p)); err != nil {
				t.Errorf("%s names %s, which does not exist", name, p)
			}
		}
	}
}
