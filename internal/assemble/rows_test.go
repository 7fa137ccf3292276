package assemble

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// rowsSource is what both forms of the same manifest are about.
const rowsSource = `package net

func a() int { return one() }

func b() int { return one() + one() }

func c() int { return two() }

func one() int { return 1 }

func two() int { return 2 }
`

// assembledRows is a.go with a manifest.
func assembledRows(t *testing.T, manifest string) string {
	t.Helper()
	port := fstest.MapFS{"net/manifest.toml": {Data: []byte("package = \"net\"\n[[take]]\nfiles = [\"a.go\"]\n" + manifest)}}
	tree, err := assembled(port, gorootOf(t, "go1.26.8", map[string]string{"net/a.go": rowsSource}))
	if err != nil {
		t.Fatal(err)
	}
	return string(tree.Files[0].Data)
}

// TestRows holds the short form of edits against the long one.
func TestRows(t *testing.T) {
	long := assembledRows(t, `
[[edit]]
file = "a.go"
decl = "a"
match = "one()"
with = "two()"
why = "as c"
[[edit]]
file = "a.go"
decl = "b"
match = "one() + one()"
with = "two()"
why = "as c"
[[edit]]
file = "a.go"
decl = "one"
match = "1"
with = "11"
why = "as c"
[[edit]]
file = "a.go"
decl = "two"
match = "2"
with = "22"
since = "1.27"
why = "as c"
`)
	if !strings.Contains(long, "return two()") || !strings.Contains(long, "11") || strings.Contains(long, "22") {
		t.Fatalf("got %s", long)
	}
	for name, short := range map[string]string{
		"file in the rows": `
[[edits]]
why = "as c"
rows = [
	{ at = "a.go: a", match = "one()", with = "two()" },
	{ at = ["a.go: b"], match = "one() + one()", with = "two()" },
	{ at = "a.go: one", match = "1", with = "11" },
	{ at = "a.go: two", since = "1.27", match = "2", with = "22" },
]
`, "a row for another compiler": `
[[edits]]
why = "as c"
rows = [
	{ at = "a.go: a", match = "one()", with = "two()" },
	{ at = ["a.go: b"], match = "one() + one()", with = "two()" },
	{ at = "a.go: one", tinygo = false, match = "1", with = "11" },
	{ at = "a.go: two", tinygo = true, match = "2", with = "22" },
]
`, "and for some of its releases": `
[[edits]]
why = "as c"
rows = [
	{ at = "a.go: a", match = "one()", with = "two()" },
	{ at = ["a.go: b"], match = "one() + one()", with = "two()" },
	{ at = "a.go: one", adopted = false, match = "1", with = "11" },
	{ at = "a.go: two", tinygo-until = "0.43", match = "2", with = "22" },
]
`, "file of the table": `
[[edits]]
file = "a.go"
why = "as c"
rows = [
	{ at = "a", match = "one()", with = "two()" },
	{ at = "b", match = "one() + one()", with = "two()" },
	{ at = "one", match = "1", with = "11" },
]
[[edits]]
since = "1.27"
why = "as c"
rows = [{ at = "a.go: two", match = "2", with = "22" }]
`} {
		if got := assembledRows(t, short); got != long {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, long)
		}
	}
}

// TestRowsLists is for the order of edits, and for one change in many places.
func TestRowsLists(t *testing.T) {
	got := assembledRows(t, `
[[edits]]
file = "a.go"
why = "one is two"
rows = [{ at = ["a", "b"], match = "return one()", with = "return two()" }]
`)
	if n := strings.Count(got, "return two()"); n != 3 { // c has one
		t.Errorf("got %d, want 3:\n%s", n, got)
	}
}

// TestRowsWhy is for rows with reasons of their own.
func TestRowsWhy(t *testing.T) {
	got := assembledRows(t, `
[[edits]]
file = "a.go"
why = "one is two"
rows = [
	{ at = "a", match = "one()", with = "two()" },
	{ at = "b", match = "one() + one()", with = "two()", why = "and both are one" },
]
`)
	for _, want := range []string{"// TINYGO: one is two\nfunc a()", "// TINYGO: and both are one\nfunc b()"} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant in it\n%s", got, want)
		}
	}
}

func TestRowsErrors(t *testing.T) {
	const where = "port/net/manifest.toml: "
	for _, c := range []struct {
		name, manifest string
		want           []string
	}{
		{"nothing", "[[edits]]\n", []string{where + "edits: it has no rows", where + "edits: it has no why"}},
		{"a row without why", "[[edits]]\nfile = \"a.go\"\nrows = [{ at = \"a\", match = \"x\", with = \"y\", why = \"x\" }, { at = \"b\", match = \"x\", with = \"y\" }]\n", []string{where + "edits: it has no why"}},
		{"no place", "[[edits]]\nfile = \"a.go\"\nwhy = \"x\"\nrows = [{ match = \"x\", with = \"y\" }]\n", []string{where + `edits: row 1 does not say where: at = "FILE: DECL"`}},
		{"no file", "[[edits]]\nwhy = \"x\"\nrows = [{ at = \"f\", match = \"x\", with = \"y\" }]\n", []string{where + `edits: row 1: at = "f" names no file; write "FILE: DECL", or give the table a file`}},
		{"two files", "[[edits]]\nfile = \"a.go\"\nwhy = \"x\"\nrows = [{ at = \"b.go: f\", match = \"x\", with = \"y\" }]\n", []string{where + `edits: row 1: at = "b.go: f" names a file, and so does the table (a.go)`}},
		{"a number", "[[edits]]\nwhy = \"x\"\nrows = [{ at = 1, match = \"x\", with = \"y\" }]\n", []string{"at is 1, and has to be a string or a list of strings"}},
		{"a number in a list", "[[edits]]\nwhy = \"x\"\nrows = [{ at = [\"a.go: f\", 1], match = \"x\", with = \"y\" }]\n", []string{"at has 1, which is not a string"}},
		{"a key that there is not", "[[edits]]\nwhy = \"x\"\nrows = [{ at = \"a.go: f\", match = \"x\", with = \"y\", file = \"b.go\" }]\n", []string{where + `unknown key "edits.rows.file"`}},
		{"an edit that is none", "[[edits]]\nwhy = \"x\"\nrows = [{ at = \"a.go: f\", match = \"x\" }]\n", []string{where + "edit net/a.go f: it needs both match and with"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := LoadManifest(fstest.MapFS{"net/manifest.toml": {Data: []byte("package = \"net\"\n[[take]]\nfiles = [\"a.go\"]\n" + c.manifest)}})
			if err == nil {
				t.Fatal("got no error")
			}
			lines := strings.Split(lineNumber.ReplaceAllString(err.Error(), "$1: "), "\n")
			for _, want := range c.want {
				if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, want) }) {
					t.Errorf("got\n%s\nwant a line with\n%s", err, want)
				}
			}
		})
	}
}
