//go:build matrix

package matrix

import (
	"context"
	"encoding/json"
	"fmt"
	"go/version"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/release/record"
	"github.com/tinynet/tinynet/internal/toolchain"
	"github.com/tinynet/tinynet/port"
)

// TestMatrix fetches the releases that are not here. TINYNET_MATRIX limits it
// to some, separated by blanks.
func TestMatrix(t *testing.T) {
	tinynet := buildTinynet(t)
	outside := t.TempDir() // in no module: nothing but the release decides
	run := func(t *testing.T, env []string, args ...string) (string, bool) {
		t.Helper()
		cmd := exec.Command(tinynet, args...)
		cmd.Dir = outside
		cmd.Env = append(os.Environ(), env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("tinynet %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out), err == nil
	}
	for _, release := range only(Releases) {
		t.Run(release, func(t *testing.T) {
			r := Result{Release: release, Assembled: "ok", Built: map[string]string{}}
			out, ok := run(t, nil, "api", "-strict", "-go", release)
			if !ok {
				r.Assembled, r.API = "failed", "failed"
			}
			have, want := 0, 0
			for _, line := range strings.Split(out, "\n") {
				var pkg string
				var h, w int
				if n, _ := fmt.Sscanf(strings.TrimSpace(line), "%s have %d of %d", &pkg, &h, &w); n == 3 {
					have, want = have+h, want+w
				}
			}
			if want > 0 {
				r.API = fmt.Sprintf("%d of %d lines", have, want)
			}
			targets := Systems // the others with -update only, and by make cross: they take half an hour
			if *update {
				targets = Targets
			}
			for _, target := range targets {
				r.Built[target] = "failed"
				t.Run(target, func(t *testing.T) {
					goos, goarch, _ := strings.Cut(target, "/")
					env := []string{"GOOS=" + goos, "GOARCH=" + goarch, "CGO_ENABLED=0"}
					_, ok := run(t, env, append([]string{"go", "-go", release, "build"}, Packages...)...)
					_, ok2 := run(t, env, append([]string{"go", "-go", release, "build", "-tags", "nethttpomithttp2"}, "net/http")...)
					if ok && ok2 {
						r.Built[target] = "ok"
					}
				})
			}
			if *update {
				if err := put("built.json", []Result{r}); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// only is what TINYNET_MATRIX leaves of the releases.
func only(releases []string) []string {
	if some := strings.Fields(os.Getenv("TINYNET_MATRIX")); len(some) > 0 {
		return some
	}
	return releases
}

// TestPatches assembles the port from the first and the last patch release of
// each minor one, and says which changes rest on other code there.
func TestPatches(t *testing.T) {
	m, err := assemble.LoadManifest(port.FS)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := record.Of(port.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, release := range only(Patches) {
		t.Run(release, func(t *testing.T) {
			tc, err := toolchain.Find(context.Background(), toolchain.Query{Release: release})
			if err != nil {
				t.Fatal(err)
			}
			root, err := assemble.OpenGoroot(tc.Root)
			if err != nil {
				t.Fatal(err)
			}
			r := Result{Release: release, Assembled: "ok"}
			if _, err := assemble.Assemble(m, root); err != nil {
				t.Error(err)
				r.Assembled = "failed"
			}
			if err := assemble.ForTinyGos(m, root); err != nil {
				t.Error(err)
				r.Assembled = "failed"
			}
			s, err := assemble.Look(m, root)
			if err != nil {
				t.Fatal(err)
			}
			f, err := rec.Check(root, s)
			if err != nil {
				t.Fatal(err)
			}
			r.Rests = len(f.Changed) + len(f.Unrecorded)
			if text := f.Text(); text != "" {
				t.Log(text)
			}
			if *update {
				if err := put("built.json", []Result{r}); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// put notes results in a file, in the place of earlier ones of these releases.
func put(file string, fresh []Result) error {
	var list []Result
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &list)
	}
	if err != nil {
		return err
	}
	for _, f := range fresh {
		i := slices.IndexFunc(list, func(r Result) bool { return r.Release == f.Release })
		if i < 0 {
			i = len(list)
			list = append(list, Result{Release: f.Release})
		}
		if f.Built == nil { // only assembled
			f.Built, f.API = list[i].Built, list[i].API
		}
		list[i] = f
	}
	slices.SortFunc(list, func(a, b Result) int { return version.Compare("go"+a.Release, "go"+b.Release) })
	if data, err = json.MarshalIndent(list, "", "\t"); err != nil {
		return err
	}
	return os.WriteFile(file, append(data, '\n'), 0o666)
}
