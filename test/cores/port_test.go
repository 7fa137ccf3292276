//go:build boards

package cores

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestPort runs programs over the port's loopback on four cores.
func TestPort(t *testing.T) {
	needs(t, "tinygo", emulator)
	tinynet := filepath.Join(t.TempDir(), "tinynet")
	if out, err := exec.Command("go", "build", "-o", tinynet, "../../cmd/tinynet").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	tc := newToolchain(t, tinynet, "tinygo")
	for name, p := range map[string]struct {
		rounds int
		args   []string
	}{
		// What went wrong in it once did so in one of 24 runs.
		"loopback": {60, []string{"-stack-size=8kb", "./test/e2e/testdata/loopback"}},
		"client":   {rounds, []string{"-stack-size=10kb", "-tags=notls", "./test/e2e/testdata/smallclient"}},
		"server":   {rounds, []string{"-stack-size=8kb", "-tags=notls", "-ldflags=-X main.keepAlive=2000 -X main.fresh=500", "./test/e2e/testdata/httpmemory"}},
	} {
		t.Run(name, func(t *testing.T) {
			program := tc.build(t, forBoard, p.args...)
			for range p.rounds {
				if out, said := run(t, program, "4", "end", 5*time.Minute); !said {
					t.Errorf("it did not come to its end:\n%s", out)
				}
			}
		})
	}
}
