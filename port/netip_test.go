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

// TestAddresses runs Go's own tests of net/netip on the package as it is for TinyGo.
// They name handles of package unique, in the place of which the port has families.
func TestAddresses(t *testing.T) {
	t.Parallel()
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
	put := func(name, file string) { replace[filepath.Join(tc.Root, "src", "net", "netip", name)] = file }
	for _, name := range []string{"netip.go", "family_tinygo.go"} {
		put(name, filepath.Join(o.Dir, "src", "net", "netip", name))
	}
	for _, x := range []struct {
		name     string
		old, new string
	}{
		{"export_test.go", `unique\.Handle\[AddrDetail\]`, "family"},
		{"netip_test.go", `unique\.Handle\[AddrDetail\]`, "Family"},
		{"netip_test.go", `unique\.Make\(MakeAddrDetail\(true, ("[^"]*")\)\)`, "Zoned($1)"},
	} {
		file := filepath.Join(dir, x.name)
		data, err := os.ReadFile(file)
		if err != nil {
			data, err = os.ReadFile(filepath.Join(root.Dir, "src", "net", "netip", x.name))
		}
		if err != nil {
			t.Skip(err) // some distributions leave tests out
		}
		re := regexp.MustCompile(x.old)
		if !re.Match(data) {
			t.Fatalf("%s has no %s", x.name, x.old)
		}
		text := strings.ReplaceAll(re.ReplaceAllString(string(data), x.new), "\t\"unique\"\n", "")
		text = strings.ReplaceAll(text, "import \"unique\"\n", "")
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		put(x.name, file)
	}
	more := filepath.Join(dir, "family_test.go")
	if err := os.WriteFile(more, []byte("package netip\n\ntype Family = family\n\nfunc Zoned(zone string) Family { return zoned(zone) }\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	put("family_test.go", more)
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
	// Parsing a zone allocates: its family has a letter more.
	const skip = "^TestNoAllocs$/^Addr.Zone$/^6zone$"
	cmd := exec.Command(gocmd, "test", "-v", "-short", "-skip", skip, "-overlay", file, "net/netip")
	cmd.Env = tc.Environ()
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	if n := strings.Count(string(out), "--- PASS: "); n < 50 {
		t.Errorf("%d tests passed, want 50 or more", n)
	}
}
