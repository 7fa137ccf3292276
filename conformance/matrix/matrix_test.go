//go:build matrix

package matrix

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMatrix fetches the releases that are not here. TINYNET_MATRIX limits it
// to some, separated by blanks.
func TestMatrix(t *testing.T) {
	tinynet := filepath.Join(t.TempDir(), "tinynet")
	if out, err := exec.Command("go", "build", "-o", tinynet, "github.com/tinynet/tinynet/cmd/tinynet").CombinedOutput(); err != nil {
		t.Fatalf("building tinynet: %v\n%s", err, out)
	}
	releases := Releases
	if only := strings.Fields(os.Getenv("TINYNET_MATRIX")); len(only) > 0 {
		releases = only
	}
	outside := t.TempDir() // in no module: nothing but the release decides
	run := func(t *testing.T, env []string, args ...string) {
		t.Helper()
		cmd := exec.Command(tinynet, args...)
		cmd.Dir = outside
		cmd.Env = append(os.Environ(), env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("tinynet %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	for _, release := range releases {
		t.Run(release, func(t *testing.T) {
			run(t, nil, append([]string{"api", "-go", release}, "net", "net/http", "crypto/tls")...)
			for _, target := range Targets {
				t.Run(target, func(t *testing.T) {
					goos, goarch, _ := strings.Cut(target, "/")
					env := []string{"GOOS=" + goos, "GOARCH=" + goarch, "CGO_ENABLED=0"}
					run(t, env, append([]string{"go", "-go", release, "build"}, Packages...)...)
					run(t, env, append([]string{"go", "-go", release, "build", "-tags", "nethttp2"}, "net/http")...)
				})
			}
		})
	}
}
