package assemble

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A fault is input with something wrong in it, and what the error has to say.
type fault struct {
	name     string
	manifest string            // of net, after package and a take of a.go
	port     map[string]string // more of the port
	up       map[string]string // more of src; a.go is there
	release  string
	want     []string // lines of the error; after ... stands a parser's message, which changes
}

const (
	faultUp = `package net

import "io"

// f is documented.
func f() error { return io.EOF }

var v, w = 1, 2

func init() {}

func init() {}
`
	faultPort = "//go:build tinynetport\n\npackage net\n\n"
)

// lineNumber is what TestErrors leaves out of messages; TestLines is about it.
var lineNumber = regexp.MustCompile(`(?m)^(port/net/manifest\.toml):\d+: `)

func TestErrors(t *testing.T) {
	const where = "port/net/manifest.toml: "
	for _, c := range []fault{
		// The manifest alone.
		{name: "syntax", manifest: "[[drop]\n", want: []string{where + "expected end of table array name delimiter ']', but got '\\n' instead"}},
		{name: "wrong type", manifest: "[[drop]]\nfile = 1\n", want: []string{where + `line 7 (last key "drop.file"): incompatible types: TOML value has type int64; destination has type string`}},
		{name: "unknown table", manifest: "[[dorp]]\nfile = \"a.go\"\n", want: []string{where + `unknown key "dorp"`, where + `unknown key "dorp.file"`}},
		{name: "unknown key", manifest: "[[drop]]\nfile = \"a.go\"\ndecl = \"f\"\nwhy = \"x\"\nform = \"b\"\n", want: []string{where + `unknown key "drop.form"`}},
		{name: "key in capitals", manifest: "[[drop]]\nFile = \"a.go\"\ndecl = \"f\"\nwhy = \"x\"\n", want: []string{where + `unknown key "drop.File"`}},
		{name: "from in drop", manifest: "[[drop]]\nfile = \"a.go\"\ndecl = \"f\"\nwhy = \"x\"\nfrom = \"b.go\"\n", want: []string{where + `unknown key "drop.from"`}},
		{name: "no why", manifest: "[[drop]]\nfile = \"a.go\"\ndecl = \"f\"\n[[omit]]\nfiles = [\"b.go\"]\n[[edit]]\nfile=\"a.go\"\ndecl=\"g\"\nmatch=\"a\"\nwith=\"b\"\n[[swap]]\nimport=\"io\"\nwith=\"x\"\nwhy=\" \"\n",
			want: []string{where + "swap io: it has no why", where + "drop net/a.go f: it has no why", where + "edit net/a.go g: it has no why", where + "omit net/b.go: it has no why"}},
		{name: "why with control characters", manifest: "[[drop]]\nfile = \"a.go\"\ndecl = \"f\"\nwhy = \"a\\u0000b\"\n", want: []string{where + "drop net/a.go f: why has a control character in it"}},
		{name: "bad names", manifest: "[[take]]\nfiles = [\"../b.go\", \"b\", \"*.go\", \"\"]\n[[omit]]\nfiles = [\"[.go\"]\nwhy = \"x\"\n[[add]]\nfiles = []\n", want: []string{
			where + "add: it has no files",
			where + `omit: files = "[.go" is a malformed pattern`,
			where + `take: files = "*.go" is a pattern; only omit takes patterns`,
			where + `take: files = "../b.go" is not the name of a Go file in the folder`,
			where + `take: files = "b" is not the name of a Go file in the folder`,
			where + `take: files names no file`}},
		{name: "no names", manifest: "[[drop]]\nwhy = \"x\"\n[[drop]]\nfile = \"a.go\"\nwhy = \"x\"\n[[drop]]\nfile = \"a.go\"\ndecls = [\"\"]\nwhy = \"x\"\n", want: []string{
			where + "drop: file names no file", where + "drop: it names no decl",
			where + "drop net/a.go: decls has an empty name", where + "drop net/a.go: it names no decl"}},
		{name: "ranges", manifest: "[[drop]]\nfile = \"a.go\"\ndecl = \"f\"\nwhy = \"x\"\nsince = \"go1.24\"\n[[drop]]\nfile = \"a.go\"\ndecl = \"v\"\nwhy = \"x\"\nsince = \"1.25\"\nuntil = \"1.25\"\n", want: []string{
			where + `drop net/a.go f: since = "go1.24" is not a Go release; write it as "1.25", "1.25.3" or "1.27rc1"`,
			where + `drop net/a.go v: since = "1.25" is not before until = "1.25", so no release is in the range`}},
		{name: "TinyGo ranges", manifest: "[[drop]]\nfile = \"a.go\"\ndecl = \"f\"\nwhy = \"x\"\ntinygo = true\ntinygo-since = \"0.40\"\n[[drop]]\nfile = \"a.go\"\ndecl = \"v\"\nwhy = \"x\"\ntinygo-since = \"0.41\"\ntinygo-until = \"0.41\"\n" +
			"[[drop]]\nfile = \"a.go\"\ndecl = \"w\"\nwhy = \"x\"\ntinygo-until = \"0.35\"\n[[drop]]\nfile = \"a.go\"\ndecl = \"init#1\"\nwhy = \"x\"\ntinygo-until = \"v0.43\"\n", want: []string{
			where + `drop net/a.go f: tinygo-since and tinygo-until say that it is for TinyGo; leave tinygo out`,
			where + `drop net/a.go init#1: tinygo-until = "v0.43" is not a TinyGo release; write it as "0.43" or "0.40.1"`,
			where + `drop net/a.go v: tinygo-since = "0.41" is not before tinygo-until = "0.41", so no release is in the range`,
			where + `drop net/a.go w: tinygo-until = "0.35": the port is for TinyGo 0.35 and newer, so it is for none`}},
		{name: "adopted", manifest: "[[drop]]\nfile = \"a.go\"\ndecl = \"f\"\nwhy = \"x\"\nadopted = true\n", want: []string{where + `drop net/a.go f: adopted = true is what an entry is without it; adopted = false leaves it out of the tree of assemble -adopt`}},
		{name: "twice for a TinyGo", manifest: "[[drop]]\nfile = \"a.go\"\ndecl = \"f\"\nwhy = \"x\"\ntinygo-since = \"0.40\"\n[[drop]]\nfile = \"a.go\"\ndecl = \"f\"\nwhy = \"x\"\ntinygo-until = \"0.43\"\n", want: []string{where + "drop net/a.go f: it has a drop already"}},
		{name: "twice", manifest: "[[drop]]\nfile = \"a.go\"\ndecls = [\"f\", \"f\"]\nwhy = \"x\"\n", want: []string{where + "drop net/a.go f: it has a drop already"}},
		{name: "drop and edit", manifest: "[[drop]]\nfile = \"a.go\"\ndecl = \"f\"\nwhy = \"x\"\n[[edit]]\nfile = \"a.go\"\ndecl = \"f\"\nmatch = \"io.EOF\"\nwith = \"nil\"\nwhy = \"x\"\n", want: []string{where + "edit net/a.go f: it has a drop already"}},
		{name: "bad edits", manifest: `
[[edit]]
file = "a.go"
decl = "e1"
match = "'"
with = "x"
why = "x"
[[edit]]
file = "a.go"
decl = "e2"
match = "x"
with = "x y }"
why = "x"
[[edit]]
file = "a.go"
decl = "e3"
match = ""
with = "x"
why = "x"
[[edit]]
file = "a.go"
decl = "e4"
match = "x"
why = "x"
[[edit]]
file = "a.go"
decl = "e5"
match = "x ( y )"
with = "x(y)"
why = "x"
[[edit]]
file = "a.go"
decl = "e6"
match = "x"
with = "y // z"
why = "x"
[[edit]]
file = "a.go"
decl = "e7"
match = "x"
with = "y"
count = 0
imports = ["a b c", "../x", "ok", "nm path/x"]
why = "x"
[[edit]]
file = "a.go"
match = "x"
with = "#"
why = "x"
`, want: []string{
			where + "edit net/a.go e1: match \"'\" is not Go: rune literal not terminated",
			where + `edit net/a.go e2: match "x" and with "x y }" do not have the same open brackets`,
			where + `edit net/a.go e3: match is empty`,
			where + `edit net/a.go e4: it needs both match and with`,
			where + `edit net/a.go e5: match and with are the same`,
			where + `edit net/a.go e6: with ends in a line comment, which would swallow what follows; end it with a newline`,
			where + `edit net/a.go e7: count = 0; it has to be at least 1`,
			where + `edit net/a.go e7: imports has "../x"; write "path" or "name path"`,
			where + `edit net/a.go e7: imports has "a b c"; write "path" or "name path"`,
			where + `edit net/a.go: it names no decl`,
			where + `edit net/a.go: with "#" is not Go: illegal character U+0023 '#'`,
		}},
		{name: "bad swaps", manifest: "[[swap]]\nimport = \"io\"\nwith = \"io\"\nwhy = \"x\"\n[[swap]]\nimport = \"\"\nwith = \"io\"\nwhy = \"x\"\n[[swap]]\nimport = \"io\"\nwith = \"x\"\nfiles = []\nwhy = \"x\"\n", want: []string{
			where + "swap io: files is empty; leave it out to mean every file that imports it",
			where + "swap io: import and with are the same",
			where + "swap: import and with have to be import paths"}},
		{name: "bad parts", manifest: "[[part]]\nfile = \"a.go\"\nas = \"p\"\nbuild = \"x y\"\n[[part]]\nfile = \"a.go\"\nas = \"p.go\"\ndecls = [\"f\"]\nbuild = \"\"\nwhy = \"x\"\n[[part]]\nfile = \"a.go\"\nas = \"q.go\"\ndecls = [\"f\"]\nbuild = \"port.nowhere\"\nwhy = \"x\"\n", want: []string{
			where + `part: as = "p" is not the name of a Go file in the folder`,
			where + `part net/a.go: build = "" is no build constraint: unexpected end of expression`,
			where + `part net/a.go: build = "port.nowhere" is no build constraint: port.nowhere is no condition of conditions.toml, or stands before it there`,
			where + `part net/a.go: build = "x y" is no build constraint: unexpected token y`,
			where + `part net/a.go: it has no why`,
			where + `part net/a.go: it names no decls`}},
		{name: "many", manifest: strings.Repeat("[[drop]]\nfile = \"a.go\"\ndecl = \"f\"\n", 30), want: append(
			slices.Repeat([]string{where + "drop net/a.go f: it has a drop already"}, 20), "... and 39 more")},

		// The manifest and the port's sources.
		{name: "other folder", port: map[string]string{"net/http/manifest.toml": "package = \"net/httq\"\n"}, want: []string{
			`port/net/http/manifest.toml: package = "net/httq", but the folder is net/http`}},
		{name: "not of the port", port: map[string]string{"net/mail/manifest.toml": "package = \"net/mail\"\n"}, want: []string{
			`port/net/mail/manifest.toml: the port has only net, and net/http and crypto/tls with what is below them, and changes in crypto, bytes, context, encoding/asn1, internal/brief, internal/godebug, log/slog, math/big, mime, mime/multipart, mime/quotedprintable, net/netip, net/textproto, net/url, strconv, time, unicode, vendor/golang.org/x/crypto/cryptobyte, vendor/golang.org/x/net/dns/dnsmessage`}},
		{name: "no manifest", port: map[string]string{"net/http/x.go": faultPort}, want: []string{
			"port/net/http/manifest.toml: there is none, but the folder has Go files (x.go)"}},
		{name: "port file not mentioned", port: map[string]string{"net/x.go": faultPort}, want: []string{
			where + "net/x.go: the port has this file, but the manifest does not mention it"}},
		{name: "added file missing", manifest: "[[add]]\nfiles = [\"x.go\"]\n", want: []string{where + "add net/x.go: there is no such file in port/net"}},
		{name: "added twice", manifest: "[[add]]\nfiles = [\"x.go\", \"x.go\"]\n", port: map[string]string{"net/x.go": faultPort}, want: []string{where + "add net/x.go: listed twice"}},
		{name: "no tag", manifest: "[[add]]\nfiles = [\"p.go\", \"q.go\", \"r.go\", \"s.go\"]\n", port: map[string]string{
			"net/p.go": "package net\n", "net/q.go": "//go:build linux\n\npackage net\n", "net/r.go": "//go:build tinynetport || linux\n\npackage net\n",
			"net/s.go": "//go:build tinynetport && !(linux && tinynetport)\n\npackage net\n"}, want: []string{
			where + "net/p.go: its build constraint has to be `//go:build tinynetport` or `//go:build tinynetport && (...)`",
			where + "net/q.go: its build constraint has to be `//go:build tinynetport` or `//go:build tinynetport && (...)`",
			where + "net/r.go: its build constraint has to be `//go:build tinynetport` or `//go:build tinynetport && (...)`",
			where + "net/s.go: its build constraint has to be `//go:build tinynetport` or `//go:build tinynetport && (...)`"}},
		{name: "port file is not Go", manifest: "[[add]]\nfiles = [\"p.go\"]\n", port: map[string]string{"net/p.go": "//go:build tinynetport\n\npackage net\n\nfunc {\n"}, want: []string{
			where + "net/p.go: port/net/p.go:5:6: expected ..."}},
		{name: "port file with a dot import", manifest: "[[add]]\nfiles = [\"p.go\"]\n", port: map[string]string{"net/p.go": faultPort + "import . \"io\"\n"}, want: []string{
			where + "net/p.go: it has a dot import, whose names the assembler cannot tell"}},
		{name: "replacement without source", manifest: "[[replace]]\nfile = \"a.go\"\ndecl = \"f\"\nwhy = \"x\"\n", want: []string{where + "replace net/a.go f: there is no port/net/a.go to take it from"}},
		{name: "replacement not in source", manifest: "[[replace]]\nfile = \"a.go\"\ndecl = \"f\"\nwhy = \"x\"\n", port: map[string]string{"net/a.go": faultPort}, want: []string{where + "replace net/a.go f: port/net/a.go: no such declaration in the file"}},
		{name: "replacement not named", manifest: "[[replace]]\nfile = \"a.go\"\ndecl = \"f\"\nwhy = \"x\"\n", port: map[string]string{"net/a.go": faultPort + "func f() {}\nvar x, _ = 1, 2\n"}, want: []string{
			where + "net/a.go _: no replace entry names this declaration of port/net/a.go", where + "net/a.go x: no replace entry names this declaration of port/net/a.go"}},
		{name: "replacement with a constraint", manifest: "[[replace]]\nfile = \"a.go\"\ndecl = \"f\"\nwhy = \"x\"\n", port: map[string]string{"net/a.go": "//go:build tinynetport && linux\n\npackage net\n\nfunc f() {}\n"}, want: []string{
			where + "net/a.go: it holds replacements, so it cannot have a build constraint but tinynetport"}},
		{name: "replacement added too", manifest: "[[add]]\nfiles = [\"a.go\"]\n[[replace]]\nfile = \"a.go\"\ndecl = \"f\"\nwhy = \"x\"\n", port: map[string]string{"net/a.go": faultPort + "func f() {}\n"}, want: []string{
			where + "replace net/a.go f: port/net/a.go is an added file too"}},

		// With a release.
		{name: "file gone", manifest: "[[take]]\nfiles = [\"b.go\"]\n[[drop]]\nfile = \"b.go\"\ndecl = \"x\"\nwhy = \"x\"\n", want: []string{where + "take net/b.go: Go does not have this file (go1.26.8)"}},
		{name: "file not mentioned", up: map[string]string{"net/b.go": "package net\n"}, want: []string{where + "net/b.go: Go has this file, but the manifest does not mention it; take or omit it (go1.26.8)"}},
		{name: "package not mentioned", up: map[string]string{"net/http/b.go": "package http\n", "net/mail/m.go": "package mail\n", "net/http/testdata/t.go": "package t\n", "net/http/x_test/t_test.go": "package t\n"}, want: []string{
			"port/net/http/manifest.toml: Go has the package net/http, but no manifest mentions it; take its files, or omit them (go1.26.8)"}},
		{name: "package gone", port: map[string]string{"net/http/manifest.toml": "package = \"net/http\"\n[[take]]\nfiles = [\"a.go\", \"b.go\"]\n"}, want: []string{
			"port/net/http/manifest.toml: Go does not have this package; limit the manifest with since and until (go1.26.8)"}},
		{name: "package out of range", up: map[string]string{"net/http/b.go": "package http\n"}, port: map[string]string{"net/http/manifest.toml": "package = \"net/http\"\nsince = \"1.27\"\n[[take]]\nfiles = [\"b.go\"]\n"}, want: []string{
			"port/net/http/manifest.toml: Go has the package net/http, but no manifest mentions it; take its files, or omit them (go1.26.8)"}},
		{name: "taken twice", manifest: "[[take]]\nfiles = [\"a.go\"]\n", want: []string{where + "take net/a.go: listed twice (go1.26.8)"}},
		{name: "taken and omitted", manifest: "[[omit]]\nfiles = [\"?.go\"]\nwhy = \"x\"\n", want: []string{where + "omit net/a.go: it is taken too (go1.26.8)"}},
		{name: "omitted twice", manifest: "[[omit]]\nfiles = [\"b.go\", \"b.go\"]\nwhy = \"x\"\n", up: map[string]string{"net/b.go": "package net\n"}, want: []string{where + "omit net/b.go: it is omitted already (go1.26.8)"}},
		{name: "nothing to omit", manifest: "[[omit]]\nfiles = [\"*_plan9.go\"]\nwhy = \"x\"\n", want: []string{where + "omit net/*_plan9.go: Go does not have such a file (go1.26.8)"}},
		{name: "added with Go's name", manifest: "[[add]]\nfiles = [\"a.go\"]\n", port: map[string]string{"net/a.go": faultPort}, want: []string{
			where + "add net/a.go: Go has a file of this name; a file of ours with its name can only hold replacements (go1.26.8)"}},
		{name: "a test added", manifest: "[[add]]\nfiles = [\"b_test.go\"]\n", port: map[string]string{"net/b_test.go": faultPort}, want: []string{
			"port/net/manifest.toml: add net/b_test.go: there is no such file in port/net"}},
		{name: "added to another package", manifest: "[[add]]\nfiles = [\"b.go\"]\n", port: map[string]string{"net/b.go": "//go:build tinynetport\n\npackage nett\n"}, want: []string{
			where + "add net/b.go: it is of package nett, but Go's files are of package net (go1.26.8)"}},
		{name: "replacement of another package", manifest: "[[replace]]\nfile = \"a.go\"\ndecl = \"f\"\nwhy = \"x\"\n", port: map[string]string{"net/a.go": "//go:build tinynetport\n\npackage nett\n\nfunc f() {}\n"}, want: []string{
			where + "replace net/a.go f: port/net/a.go is of package nett, not net (go1.26.8)"}},
		{name: "not taken", manifest: "[[omit]]\nfiles = [\"b.go\"]\nwhy = \"x\"\n[[drop]]\nfile = \"b.go\"\ndecl = \"x\"\nwhy = \"x\"\n[[edit]]\nfile = \"c.go\"\ndecl = \"x\"\nmatch = \"x\"\nwith = \"y\"\nwhy = \"x\"\n[[swap]]\nimport = \"io\"\nwith = \"x\"\nfiles = [\"c.go\"]\nwhy = \"x\"\n", up: map[string]string{"net/b.go": "package net\n"}, want: []string{
			where + "drop net/b.go x: the file is not taken (go1.26.8)", where + "edit net/c.go x: the file is not taken (go1.26.8)", where + "swap net/c.go io: the file is not taken (go1.26.8)"}},
		{name: "declarations gone", manifest: "[[drop]]\nfile = \"a.go\"\ndecls = [\"nowhere\", \"T.M\", \"elsewhere\", \"init\"]\nwhy = \"x\"\n[[take]]\nfiles = [\"b.go\"]\n", up: map[string]string{"net/b.go": "package net\n\nvar elsewhere int\n"}, want: []string{
			where + "drop net/a.go T.M: no such declaration in the file (go1.26.8)",
			where + "drop net/a.go elsewhere: no such declaration in the file; Go has it in b.go (go1.26.8)",
			where + "drop net/a.go init: there are several; write init#1 or so (go1.26.8)",
			where + "drop net/a.go nowhere: no such declaration in the file (go1.26.8)"}},
		{name: "declared twice", manifest: "[[take]]\nfiles = [\"b.go\"]\n[[drop]]\nfile = \"b.go\"\ndecl = \"x\"\nwhy = \"x\"\n", up: map[string]string{"net/b.go": "package net\n\nvar x int\nfunc x() {}\n"}, want: []string{
			where + "drop net/b.go x: declared 2 times (go1.26.8)"}},
		{name: "parts that do not fit", manifest: "[[part]]\nfile = \"a.go\"\nas = \"p.go\"\nbuild = \"x\"\ndecls = [\"f\", \"gone\", \"init\"]\nwhy = \"x\"\n[[part]]\nfile = \"b.go\"\nas = \"q.go\"\nbuild = \"x\"\ndecls = [\"f\"]\nwhy = \"x\"\n[[part]]\nfile = \"a.go\"\nas = \"a.go\"\nbuild = \"x\"\ndecls = [\"f\"]\nwhy = \"x\"\n[[part]]\nfile = \"a.go\"\nas = \"p.go\"\nbuild = \"x\"\ndecls = [\"f\"]\nwhy = \"x\"\n[[edit]]\nfile = \"p.go\"\ndecl = \"f\"\nmatch = \"io.EOF\"\nwith = \"nil\"\nwhy = \"x\"\n", want: []string{
			where + "part net/a.go: Go has a file of this name (go1.26.8)",
			where + "part net/b.go: Go does not have this file (go1.26.8)",
			where + "edit net/p.go f: the file is not taken (go1.26.8)",
			where + "part net/p.go gone: no such declaration in the file (go1.26.8)",
			where + "part net/p.go init: there are several; write init#1 or so (go1.26.8)",
			where + "part net/p.go: the port has a file of this name already (go1.26.8)"}},
		{name: "edits that do not match", manifest: "[[edit]]\nfile = \"a.go\"\ndecl = \"f\"\nmatch = \"io.EOX\"\nwith = \"nil\"\nwhy = \"x\"\n[[edit]]\nfile = \"a.go\"\ndecl = \"v\"\nmatch = \",\"\nwith = \"|\"\nwhy = \"x\"\n[[edit]]\nfile = \"a.go\"\ndecl = \"f\"\nmatch = \"documented\"\nwith = \"y\"\nwhy = \"x\"\n[[edit]]\nfile = \"a.go\"\ndecl = \"go:build\"\nmatch = \"linux\"\nwith = \"y\"\nwhy = \"x\"\n", want: []string{
			where + `edit net/a.go f: "documented" matches nowhere, not once as stated (go1.26.8)`,
			where + `edit net/a.go f: "io.EOX" matches nowhere, not once as stated (go1.26.8)`,
			where + `edit net/a.go go:build: "linux" matches nowhere: the file has no build constraint (go1.26.8)`,
			where + `edit net/a.go v: "," matches 2 times, not once as stated (go1.26.8)`}},
		{name: "edit of a repeated value", manifest: "[[take]]\nfiles = [\"b.go\"]\n[[edit]]\nfile = \"b.go\"\ndecl = \"c0\"\nmatch = \"iota\"\nwith = \"5\"\nwhy = \"x\"\n", up: map[string]string{"net/b.go": "package net\n\nconst (\n\tc0 = iota\n\tc1\n)\n"}, want: []string{
			where + `edit net/b.go c0: c1 after it repeats its value, so the edit would change both; replace it (go1.26.8)`}},
		{name: "edit that breaks out", manifest: "[[edit]]\nfile = \"a.go\"\ndecl = \"w\"\nmatch = \"2\"\nwith = \"2\\nfunc g() {}\"\nwhy = \"x\"\n", want: []string{
			where + `edit net/a.go w: with "2\nfunc g() {}" the file has 6 declarations instead of 5; an edit stays inside of one (go1.26.8)`}},
		{name: "edit that breaks the file", manifest: "[[edit]]\nfile = \"a.go\"\ndecl = \"f\"\nmatch = \"io.EOF\"\nwith = \"io EOF\"\nwhy = \"x\"\n", want: []string{
			where + `edit net/a.go f: with "io EOF" the file does not parse: src/net/a.go:6:28: expected ...`}},
		{name: "build constraint edits", manifest: "[[take]]\nfiles = [\"b.go\"]\n[[edit]]\nfile = \"b.go\"\ndecl = \"go:build\"\nmatch = \"\"\nwith = \"y\"\nwhy = \"x\"\n[[edit]]\nfile = \"b.go\"\ndecl = \"go:build\"\nmatch = \"linux\"\nwith = \"+\"\nwhy = \"x\"\n[[edit]]\nfile = \"a.go\"\ndecl = \"go:build\"\nmatch = \"\"\nwith = \"y z\"\nwhy = \"x\"\n", up: map[string]string{"net/b.go": "//go:build linux\n\npackage net\n"}, want: []string{
			where + `edit net/a.go go:build: with "y z" is no build constraint: unexpected token z (go1.26.8)`,
			where + `edit net/b.go go:build: match is empty, but the file has the build constraint "linux" (go1.26.8)`,
			where + `edit net/b.go go:build: with "+" it is no build constraint: invalid syntax at + (go1.26.8)`}},
		{name: "swaps of nothing", manifest: "[[swap]]\nimport = \"os\"\nwith = \"x\"\nwhy = \"x\"\n[[swap]]\nimport = \"os\"\nwith = \"x\"\nfiles = [\"a.go\"]\nwhy = \"x\"\n", want: []string{
			where + "swap os: no taken file imports it (go1.26.8)", where + "swap net/a.go os: the file does not import it (go1.26.8)"}},
		{name: "Go's file is not Go", manifest: "[[take]]\nfiles = [\"b.go\"]\n[[drop]]\nfile = \"b.go\"\ndecl = \"x\"\nwhy = \"x\"\n", up: map[string]string{"net/b.go": "package\n"}, want: []string{
			where + "net/b.go: src/net/b.go:1:..."}},
		{name: "release candidates are named", release: "go1.27rc2", up: map[string]string{"net/b.go": "package net\n"}, want: []string{where + "net/b.go: Go has this file, but the manifest does not mention it; take or omit it (go1.27rc2)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			up := map[string]string{"net/a.go": faultUp}
			for n, text := range c.up {
				up[n] = text
			}
			port := map[string]string{"net/manifest.toml": "package = \"net\"\n\n[[take]]\nfiles = [\"a.go\"]\n\n" + c.manifest}
			for n, text := range c.port {
				port[n] = text
			}
			if c.release == "" {
				c.release = "go1.26.8"
			}
			root := gorootOf(t, c.release, up)
			for range 2 { // the order must not change
				tree, err := assembled(portOf(port), root)
				if err == nil {
					t.Fatalf("no error, but %v", tree.Files)
				}
				if tree != nil {
					t.Error("a tree came with the error")
				}
				var ps Problems
				if !errors.As(err, &ps) {
					t.Fatalf("the error is a %T: %v", err, err)
				}
				text := lineNumber.ReplaceAllString(err.Error(), "$1: ")
				same := slices.EqualFunc(strings.Split(text, "\n"), c.want, func(got, want string) bool {
					start, more := strings.CutSuffix(want, "...")
					return got == want || more && strings.HasPrefix(got, start)
				})
				if !same {
					t.Errorf("the error is\n%s\nbut should be\n%s", err, strings.Join(c.want, "\n"))
				}
			}
		})
	}
}

func TestProblemsCapped(t *testing.T) {
	t.Parallel()
	var ps Problems
	for range 25 {
		ps = append(ps, &Problem{Manifest: "m", Text: "x"})
	}
	lines := strings.Split(ps.Error(), "\n")
	if len(lines) != 21 || lines[20] != "... and 5 more" {
		t.Errorf("got %d lines, the last %q", len(lines), lines[len(lines)-1])
	}
	var p *Problem
	if !errors.As(error(ps), &p) {
		t.Error("errors.As does not find a problem")
	}
}

func TestPackages(t *testing.T) {
	t.Parallel()
	m, err := LoadManifest(portOf(map[string]string{
		"net/manifest.toml":      "package = \"net\"\n",
		"net/http/manifest.toml": "package = \"net/http\"\n",
		"manifest.toml":          "at the top nothing counts",
		"port.go":                "package port\n",
		"net/README.md":          "nor does this",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(m.Packages(), " "); got != "net net/http" {
		t.Errorf("got %s", got)
	}
}
