//go:build fixes

package security

import (
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tinynet/tinynet/internal/assemble"
)

// TestFixes fetches every release that fixes.toml names, one at a time, and
// sees that those that fixed something have the text and those before do not.
func TestFixes(t *testing.T) {
	list := fixes(t)
	want := map[string]map[string]State{} // release, CVE
	note := func(release, cve string, s State) {
		if want[release] == nil {
			want[release] = map[string]State{}
		}
		want[release][cve] = s
	}
	for _, f := range list {
		for i := range f.Fixed {
			note(f.Fixed[i], f.CVE, Fixed)
			note(f.Before[i], f.CVE, Open)
		}
	}
	releases := sorted(want)
	slices.SortFunc(releases, func(a, b string) int { return version.Compare("go"+a, "go"+b) })
	for _, release := range releases {
		t.Run(release, func(t *testing.T) {
			// In a module cache of its own, which goes afterwards: all of them
			// together would take 20 GB.
			cache := t.TempDir()
			cmd := exec.Command("go", "env", "GOROOT")
			cmd.Env = append(os.Environ(), "GOTOOLCHAIN=go"+release, "GOMODCACHE="+cache, "GOFLAGS=-modcacherw")
			cmd.Dir = t.TempDir()
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("fetch Go %s: %v\n%s", release, err, out)
			}
			roots, err := filepath.Glob(filepath.Join(cache, "golang.org", "toolchain@*"))
			if err != nil || len(roots) == 0 {
				// The installed Go is that release.
				out, err := exec.Command("go", "env", "GOROOT").Output()
				if err != nil {
					t.Fatal(err)
				}
				roots = []string{string(out[:len(out)-1])}
			}
			tree := Goroot(assemble.Goroot{Dir: roots[0], Version: "go" + release})
			for _, r := range LookAll(list, tree) {
				if s := want[release][r.CVE]; s != "" && s != r.State {
					t.Errorf("%s: %s, want %s", r.CVE, r.State, s)
				}
			}
		})
	}
}
