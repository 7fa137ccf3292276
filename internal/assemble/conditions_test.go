package assemble

import (
	"go/build/constraint"
	"regexp"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/port"
)

// TestConditions: what is named in a file of ours and in an edit of Go's is written
// out in the assembled files.
func TestConditions(t *testing.T) {
	tree, err := assembled(portOf(map[string]string{
		"conditions.toml":   "# comment\nboard = \"baremetal || pretend\"\nquiet = \"!port.board && !loud\"\n",
		"net/manifest.toml": "package = \"net\"\n[[take]]\nfiles = [\"a.go\", \"b.go\"]\n[[add]]\nfiles = [\"c.go\"]\n[[edits]]\nwhy = \"x\"\nrows = [{ at = \"a.go: go:build\", match = \"linux\", with = \"linux && port.quiet\" }, { at = \"b.go: go:build\", match = \"\", with = \"!port.board\" }]\n",
		"net/c.go":          "//go:build tinynetport && !port.quiet && port.board\n\npackage net\n",
	}), gorootOf(t, "go1.26.8", map[string]string{"net/a.go": "//go:build linux || js\n\npackage net\n", "net/b.go": "package net\n"}))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"//go:build (linux && !(baremetal || pretend) && !loud) || js",
		"//go:build !(baremetal || pretend)",
		"//go:build !(!(baremetal || pretend) && !loud) && (baremetal || pretend)",
	} {
		if got := string(tree.Files[i].Data); !strings.Contains(got, want+"\n") {
			t.Errorf("got\n%s\nwant a line\n%s", got, want)
		}
	}
}

func TestConditionErrors(t *testing.T) {
	const manifest = "package = \"net\"\n[[take]]\nfiles = [\"a.go\"]\n[[add]]\nfiles = [\"c.go\"]\n"
	for _, c := range []struct{ name, conditions, manifest, ours, want string }{
		{name: "no TOML", conditions: "# x\nboard = baremetal\n", want: "port/conditions.toml:2: "},
		{name: "another type", conditions: "board = 1\n", want: "port/conditions.toml: "},
		{name: "a table", conditions: "[board]\nx = \"y\"\n", want: "port/conditions.toml: "},
		{name: "twice", conditions: "board = \"a\"\nboard = \"b\"\n", want: "port/conditions.toml:2: "},
		{name: "no constraint", conditions: "a = \"b\"\nboard = \"baremetal or js\"\n", want: "port/conditions.toml:2: board: "},
		{name: "a name that is no tag", conditions: "the-board = \"baremetal\"\n", want: "port/conditions.toml:1: the-board: a condition's name has to be of small letters and digits"},
		{name: "itself", conditions: "board = \"port.board\"\n", want: "port/conditions.toml:1: board: port.board is no condition of conditions.toml, or stands before it there"},
		{name: "one after it", conditions: "board = \"!port.computer\"\ncomputer = \"!baremetal\"\n", want: "port/conditions.toml:1: board: port.computer is no condition"},
		{name: "a file of ours", conditions: "board = \"baremetal\"\n", ours: "//go:build tinynetport && port.bord\n\npackage net\n", want: "port/net/manifest.toml: net/c.go: //go:build tinynetport && port.bord: port.bord is no condition"},
		{name: "an edit", conditions: "board = \"baremetal\"\n", manifest: "[[edit]]\nfile = \"a.go\"\ndecl = \"go:build\"\nmatch = \"\"\nwith = \"port.bord\"\nwhy = \"x\"\n", want: "port/net/manifest.toml:8: edit net/a.go go:build: port.bord is no condition"},
		{name: "no file of them", ours: "//go:build tinynetport && port.board\n\npackage net\n", want: "port/net/manifest.toml: net/c.go: //go:build tinynetport && port.board: port.board is no condition"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.ours == "" {
				c.ours = "//go:build tinynetport\n\npackage net\n"
			}
			files := map[string]string{"net/manifest.toml": manifest + c.manifest, "net/c.go": c.ours}
			if c.conditions != "" {
				files["conditions.toml"] = c.conditions
			}
			_, err := assembled(portOf(files), gorootOf(t, "go1.26.8", map[string]string{"net/a.go": "package net\n"}))
			if err == nil || !strings.Contains("\n"+err.Error(), "\n"+c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// TestConditionsOfPort: the real port names its conditions wherever it can, and has
// none that nothing uses.
func TestConditionsOfPort(t *testing.T) {
	data, err := port.FS.ReadFile(conditionsName)
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	sources := string(data)
	m, err := LoadManifest(port.FS)
	if err != nil {
		t.Fatal(err)
	}
	named, _ := loadConditions(port.FS, portDir)
	for _, p := range m.pkgs {
		for _, e := range p.edits {
			sources += e.with + "\n"
		}
		for name, f := range p.ports {
			text, err := port.FS.ReadFile(p.path + "/" + name)
			if err != nil {
				continue // borrowed from another package
			}
			line, _, _ := strings.Cut(string(text), "\n")
			sources += line + "\n"
			for n, x := range named {
				spelled := f.constraint == x.String() || f.constraint == (&constraint.NotExpr{X: x}).String()
				if spelled && !strings.Contains(line, conditionPrefix) {
					t.Errorf("%s: %s is %s%s", f.name, line, conditionPrefix, n)
				}
			}
		}
	}
	for _, x := range regexp.MustCompile(`port\.([a-z0-9]+)`).FindAllStringSubmatch(sources, -1) {
		used[x[1]] = true
	}
	for n := range named {
		if !used[n] {
			t.Errorf("nothing uses %s%s", conditionPrefix, n)
		}
	}
	if len(named) < 5 {
		t.Errorf("got %d conditions, want 5 or more", len(named))
	}
}
