package docs_test

import (
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/port"
)

// foreignTags are those of Go and TinyGo, by which nothing is chosen.
var foreignTags = strings.Fields(`baremetal tinygo tinygo.wasm scheduler.none cgo race unix fips140
	linux windows darwin freebsd netbsd openbsd dragonfly solaris illumos aix android ios plan9 js wasip1 wasip2 wasm
	amd64 arm64 arm 386 riscv64 riscv s390x ppc64 ppc64le loong64 mips mipsle purego goexperiment.boringcrypto boringcrypto`)

// TestTags holds docs/tags.md against the port: each tag, and each error that
// names one.
func TestTags(t *testing.T) {
	data, err := os.ReadFile("tags.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	known := map[string]bool{}
	for _, tag := range foreignTags {
		known[tag] = true
	}
	m, err := assemble.LoadManifest(port.FS)
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`build tag (\w+)|-tags (\w+)|build_tag_(\w+)`)
	seen := map[string]bool{}
	errs := 0
	err = filepath.WalkDir("../port", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			if err != nil || !names.MatchString(text) {
				return true
			}
			errs++
			if !strings.Contains(page, "`"+text+"`") && !strings.Contains(page, text+"` |") {
				t.Errorf("%s has an error that docs/tags.md lacks: %q", path, text)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range m.Constraints() {
		if text == "" {
			continue
		}
		expr, err := constraint.Parse("//go:build " + text)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, all := range []bool{true, false} { // so that no part of it is passed over
			expr.Eval(func(tag string) bool {
				seen[tag] = true
				return all
			})
		}
	}
	if errs < 10 {
		t.Errorf("%d errors name a tag: the test looks for them in the wrong place", errs)
	}
	for tag := range seen {
		if !known[tag] && !strings.HasPrefix(tag, "go1.") && !strings.Contains(page, "`"+tag+"`") {
			t.Errorf("files of the port ask for the tag %s, which docs/tags.md lacks", tag)
		}
	}
	// An error in the table names the tag of its row, unless it is of the compiler.
	tag := ""
	for _, line := range strings.Split(page, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 6 || strings.Contains(line, "---") || strings.Contains(line, "| tag |") {
			continue
		}
		if c := strings.TrimSpace(cells[1]); c != "" {
			tag = strings.Trim(strings.Split(c, ",")[0], "`")
		}
		text := strings.TrimSpace(cells[4])
		if text == "" {
			continue
		}
		m := names.FindStringSubmatch(text)
		if m == nil {
			t.Errorf("the error for %s names no tag: %s", tag, text)
		} else if got := m[1] + m[2] + m[3]; got != tag && !strings.Contains(text, tag) && !(tag == "tlsoffload" && got == "tlssoftware") {
			t.Errorf("the error for %s names the tag %s: %s", tag, got, text)
		}
	}
}
