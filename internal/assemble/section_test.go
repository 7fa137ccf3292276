package assemble

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/port"
)

// TestLines: the number in an error is that of the line with what is wrong, which
// each manifest here says by a comment.
func TestLines(t *testing.T) {
	for name, manifest := range map[string]string{
		"a file of a list": "[[take]]\nfiles = [\n\t\"a.go\",\n\t\"b.go\", # HERE\n]\n",
		"a declaration":    "[[take]]\nfiles = [\"a.go\"]\n[[drop]]\nfile = \"a.go\"\nwhy = \"x\"\ndecl = \"nope\" # HERE\n",
		"one of many":      "[[take]]\nfiles = [\"a.go\"]\n[[drop]]\nfile = \"a.go\"\nwhy = \"x\"\ndecls = [\n\t\"one\",\n\t\"nope\", # HERE\n]\n",
		"an entry that lacks something": "[[take]]\nfiles = [\"a.go\"]\n# [[drop]] is no header\n[[drop]]\nfile = \"a.go\" # HERE\n" +
			"why = \"\"\"\n[[drop]]\n\"\"\"\n",
		"the second edit of a declaration": "[[take]]\nfiles = [\"a.go\"]\n[[edit]]\nfile = \"a.go\"\ndecl = \"one\"\nmatch = \"return\"\nwith = '''\n\n\nreturn 0 +'''\nwhy = \"x\"\n" +
			"[[edit]]\nfile = \"a.go\"\nmatch = \"nowhere\"\nwith = \"\"\nwhy = \"x\"\ndecl = \"one\" # HERE\n",
		"a row": "[[take]]\nfiles = [\"a.go\"]\n[[edits]]\nwhy = \"x\"\nfile = \"a.go\"\nrows = [\n\t{ at = \"one\", match = \"return\", with = \"return 0 +\" },\n" +
			"\t{ at = \"two\", match = \"{\", with = \"[\" }, # HERE\n]\n",
		"a row without a place": "[[take]]\nfiles = [\"a.go\"]\n[[edits]]\nwhy = \"x\"\nrows = [\n\t{ at = \"a.go: one\", match = \"1\", with = \"2\" },\n\t{ match = \"1\", with = \"2\" }, # HERE\n]\n",
		"a swap":                "[[take]]\nfiles = [\"a.go\"]\n[[swap]]\nwith = \"x\"\nwhy = \"x\"\nimport = \"os\" # HERE\n",
		"no TOML":               "[[take]]\nfiles = [\"a.go\"\n[[drop]] # HERE\n",
	} {
		t.Run(name, func(t *testing.T) {
			text := "package = \"net\"\n\n" + manifest
			want := 0
			for i, line := range strings.Split(text, "\n") {
				if strings.HasSuffix(line, "# HERE") {
					want = i + 1
				}
			}
			root := gorootOf(t, "go1.26.8", map[string]string{"net/a.go": "package net\n\nfunc one() int { return 1 }\n\nfunc two() int { return 2 }\n"})
			_, err := assembled(portOf(map[string]string{"net/manifest.toml": text}), root)
			if err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("port/net/manifest.toml:%d: ", want)) {
				t.Errorf("got %v, want an error of line %d of\n%s", err, want, text)
			}
		})
	}
}

// TestLinesOfPort: each entry of the port's own manifests is on a line that has its
// declaration, import path or file.
func TestLinesOfPort(t *testing.T) {
	m, err := LoadManifest(port.FS)
	if err != nil {
		t.Fatal(err)
	}
	entries := 0
	for _, p := range m.pkgs {
		data, err := fs.ReadFile(port.FS, strings.TrimPrefix(p.file, portDir))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(data), "\n")
		check := func(line int, names ...string) {
			entries++
			for _, n := range names {
				if line < 1 || !strings.Contains(lines[line-1], n) {
					t.Errorf("%s: line %d should have %s", p.file, line, n)
				}
			}
		}
		for _, list := range [][]listEntry{p.takes, p.omits, p.adds} {
			for _, e := range list {
				for _, f := range e.files {
					check(e.at.lineOf(f), f)
				}
			}
		}
		for _, list := range [][]declEntry{p.drops, p.replaces} {
			for _, e := range list {
				check(e.line, e.decl)
			}
		}
		for _, e := range p.edits {
			check(e.line, e.decl)
		}
		for _, e := range p.swaps {
			check(e.line, e.path)
		}
	}
	if entries < 500 {
		t.Errorf("%d entries were looked at, want 500 or more", entries)
	}
}
