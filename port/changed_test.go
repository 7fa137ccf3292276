package port_test

import (
	"context"
	"encoding/json"
	"go/build"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/toolchain"
	"github.com/tinynet/tinynet/port"
)

// A change in a file of a package's own tests, which name what the port replaces.
type change struct{ file, old, new string }

// testChanged runs Go's own tests of a package in which the port changes files for
// TinyGo, with these changes, and with test files besides. At least so many of them
// have to pass.
func testChanged(t *testing.T, pkg string, flags []string, least int, changes []change, more map[string]string) {
	t.Helper()
	root, err := assemble.OpenGoroot(build.Default.GOROOT)
	if err != nil {
		t.Skip(err)
	}
	root.TinyGo = "0.40.1"
	dir := t.TempDir()
	o, err := assemble.Cached(port.FS, root, filepath.Join(dir, "cache"))
	if err != nil {
		t.Fatal(err)
	}
	// A Go that was fetched takes an overlay only by another path.
	tc, err := toolchain.Find(context.Background(), toolchain.Query{Root: root.Dir})
	if err == nil {
		tc, err = tc.Outside(filepath.Join(dir, "go"))
	}
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	for _, p := range []string{pkg, "internal/brief"} {
		files, err := filepath.Glob(filepath.Join(o.Dir, "src", filepath.FromSlash(p), "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files of %s: %v", p, err)
		}
		for _, file := range files {
			replace[filepath.Join(tc.Root, "src", filepath.FromSlash(p), filepath.Base(file))] = file
		}
	}
	put := func(name string, text []byte) {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, text, 0o666); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(tc.Root, "src", filepath.FromSlash(pkg), name)] = file
	}
	for _, x := range changes {
		data, err := os.ReadFile(filepath.Join(dir, x.file)) // what an earlier change made
		if err != nil {
			data, err = os.ReadFile(filepath.Join(root.Dir, "src", filepath.FromSlash(pkg), x.file))
		}
		if err != nil {
			t.Skip(err) // some distributions leave tests out
		}
		re := regexp.MustCompile(x.old)
		if !re.Match(data) {
			t.Fatalf("%s has no %s", x.file, x.old)
		}
		put(x.file, re.ReplaceAll(data, []byte(x.new)))
	}
	for name, text := range more {
		put(name, []byte(text))
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o666); err != nil {
		t.Fatal(err)
	}
	gocmd, err := tc.Command()
	if err != nil {
		t.Skip(err)
	}
	// Vet looks for a package of ours in Go's root itself.
	args := append([]string{"test", "-v", "-short", "-vet=off", "-overlay", file}, flags...)
	cmd := exec.Command(gocmd, append(args, pkg)...)
	cmd.Env = tc.Environ()
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	if n := strings.Count(string(out), "--- PASS: "); n < least {
		t.Errorf("%d tests passed, want %d or more", n, least)
	}
}

// TestAddresses: Go's tests of net/netip name handles of package unique, in the place
// of which the port has families.
func TestAddresses(t *testing.T) {
	t.Parallel()
	// Parsing a zone allocates: its family has a letter more.
	testChanged(t, "net/netip", []string{"-skip", "^TestNoAllocs$/^Addr.Zone$/^6zone$"}, 50, []change{
		{"export_test.go", `unique\.Handle\[AddrDetail\]`, "family"},
		{"export_test.go", `\t"unique"\n|import "unique"\n`, ""},
		{"netip_test.go", `unique\.Handle\[AddrDetail\]`, "Family"},
		{"netip_test.go", `unique\.Make\(MakeAddrDetail\(true, ("[^"]*")\)\)`, "Zoned($1)"},
		{"netip_test.go", `\t"unique"\n`, ""},
	}, map[string]string{
		"family_test.go": "package netip\n\ntype Family = family\n\nfunc Zoned(zone string) Family { return zoned(zone) }\n",
	})
}

func TestURLs(t *testing.T) {
	t.Parallel()
	testChanged(t, "net/url", nil, 40, nil, nil)
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	// The map of common names, whose making was once a race, is never made.
	testChanged(t, "net/textproto", nil, 20, []change{
		{"reader_test.go", "if commonHeader == nil {", "if commonHeader != nil {"},
	}, nil)
}

// TestQuotes: what shows as itself in a quoted string is what Go shows.
func TestQuotes(t *testing.T) {
	t.Parallel()
	testChanged(t, "strconv", nil, 50, nil, map[string]string{
		"print_test.go": `package strconv_test

import (
	"strconv"
	"testing"
	"unicode"
)

func TestPrintOfAll(t *testing.T) {
	for r := rune(-1); r <= unicode.MaxRune+1; r++ {
		if got, want := strconv.IsPrint(r), unicode.IsPrint(r); got != want {
			t.Errorf("IsPrint(%#x) = %v, want %v", r, got, want)
		}
	}
}
`,
	})
}

func TestContexts(t *testing.T) {
	t.Parallel()
	testChanged(t, "context", nil, 20, nil, nil)
}

func TestTimes(t *testing.T) {
	t.Parallel()
	testChanged(t, "time", nil, 100, nil, nil)
}

// TestPolicies: an object identifier is written as its bytes.
func TestPolicies(t *testing.T) {
	t.Parallel()
	testChanged(t, "crypto/x509", []string{"-run", "Policy|Policies|OID"}, 4, nil, map[string]string{
		"any_test.go": `package x509

import "testing"

func TestOIDOfAnyPolicy(t *testing.T) {
	if got, want := anyPolicyOID.String(), "2.5.29.32.0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
`,
	})
}
