package docs_test

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// fence is a block of Go, with what is behind the language's name.
var fence = regexp.MustCompile("(?ms)^```go([^\n]*)\n(.*?)^```$")

// elsewhere are the pages, and the kinds of snippets, that other tests compile:
// those files have to name them.
var elsewhere = map[string]string{
	"docs/manifest.md": "../internal/assemble/docs_test.go",   // they are input and output of the assembler
	"snippet=":         "../netdev/cyw43439/snippets_test.go", // they need lneto and the radio, and so that module
}

// TestSnippets compiles the Go of the documents. A block that is a file is taken
// as it is. Another one says with around=NAME which file of testdata/around is to
// have it in the place of its line "// SNIPPET": that has the imports and names
// which the page takes for granted. Such a file may say on top which build tags it
// needs, and which file the snippet embeds.
func TestSnippets(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := map[string]string{}
	byTags := map[string][]string{} // packages
	used, count := map[string]bool{}, 0
	for page, text := range pages(t) {
		for _, m := range fence.FindAllStringSubmatch(text, -1) {
			info, code := strings.TrimSpace(m[1]), m[2]
			if other := elsewhere[page]; other != "" {
				names(t, other, filepath.Base(page))
				continue
			}
			if strings.HasPrefix(info, "snippet=") {
				names(t, elsewhere["snippet="], filepath.Base(page))
				continue
			}
			if info == "tinygo" { // it calls what only TinyGo's runtime has
				if _, err := parser.ParseFile(token.NewFileSet(), page, code, 0); err != nil {
					t.Error(err)
				}
				continue
			}
			tags := ""
			around, found := strings.CutPrefix(info, "around=")
			switch {
			case found:
				frame, err := os.ReadFile(filepath.Join("testdata", "around", around+".go"))
				if err != nil {
					t.Errorf("%s: %v", page, err)
					continue
				}
				used[around] = true
				whole := strings.Replace(string(frame), "// SNIPPET\n", code, 1)
				if whole == string(frame) {
					t.Errorf("testdata/around/%s.go has no line // SNIPPET", around)
				}
				code = whole
				if m := regexp.MustCompile(`(?m)^// tags: (.*)$`).FindStringSubmatch(code); m != nil {
					tags = strings.ReplaceAll(m[1], " ", ",")
				}
			case info != "" || !regexp.MustCompile(`(?m)^package `).MatchString(code):
				t.Errorf("%s has a block of Go that is no file, and does not say what is around it:\n%s", page, code)
				continue
			}
			count++
			pkg := "snippet" + strings.Map(func(r rune) rune {
				if r >= 'a' && r <= 'z' {
					return r
				}
				return -1
			}, page) + string(rune('a'+count))
			add := func(name, text string) {
				real := filepath.Join(dir, pkg+name)
				if err := os.WriteFile(real, []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
				files[filepath.Join(root, "docs", pkg, name)] = real
			}
			add("snippet.go", code)
			if m := regexp.MustCompile(`(?m)^// file: (.*)$`).FindStringSubmatch(code); m != nil {
				add(m[1], "")
			}
			byTags[tags] = append(byTags[tags], "./docs/"+pkg)
		}
	}
	if count < 10 {
		t.Errorf("there are %d blocks of Go: the test looks for them in the wrong place", count)
	}
	frames, err := filepath.Glob("testdata/around/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range frames {
		if !used[strings.TrimSuffix(filepath.Base(f), ".go")] {
			t.Errorf("nothing is around=%s", strings.TrimSuffix(filepath.Base(f), ".go"))
		}
	}

	overlay, err := json.Marshal(map[string]any{"Replace": files})
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return name
	}
	// A board's package machine is a module here, with names alone.
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	write("go.sum", string(sum))
	modfile := write("go.mod", string(mod)+"\nrequire machine v0.0.0\n\nreplace machine => "+filepath.Join(root, "test", "e2e", "testdata", "machine")+"\n")
	for tags, packages := range byTags {
		// List with -export compiles, and does not link: Go's own net has no devices.
		args := append([]string{"list", "-export", "-f", "", "-mod=mod", "-modfile=" + modfile, "-overlay=" + write("overlay.json", string(overlay)), "-tags=" + tags}, packages...)
		cmd := exec.Command("go", args...)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", cmd, err, out)
		}
	}
}

// names checks that a test is about a page.
func names(t *testing.T, test, page string) {
	t.Helper()
	text, err := os.ReadFile(test)
	if err != nil {
		t.Error(err)
	} else if !strings.Contains(string(text), page) {
		t.Errorf("%s does not name %s, whose Go it is to compile", test, page)
	}
}
