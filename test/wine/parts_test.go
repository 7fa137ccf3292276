package wine

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// TestLock runs on Windows the test of the command's locks, which are files that one
// process can have open there.
func TestLock(t *testing.T) {
	needWine(t)
	exe := filepath.Join(scratch, "command.test.exe")
	goBuild(t, windows, "go", "test", "-c", "-o", exe, "./cmd/tinynet")
	var out bytes.Buffer
	if err := run(&out, scratch, runLimit, wineEnv(), "wine", exe, "-test.v", "-test.run", "^TestLock$"); err != nil ||
		!strings.Contains(out.String(), "--- PASS: TestLock ") {
		t.Errorf("%v\n%s", err, &out)
	}
}
