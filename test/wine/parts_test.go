package wine

import (
	"bytes"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var builtCommandTest = sync.OnceValues(func() (string, error) {
	exe := filepath.Join(scratch, "command.test.exe")
	return exe, run(nil, root, buildLimit, windows, "go", "test", "-c", "-o", exe, "./cmd/tinynet")
})

// commandTest is the program of the command's tests, for Windows. It does as the
// command does if it is told to.
func commandTest(t *testing.T) string {
	t.Helper()
	exe, err := builtCommandTest()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

// TestParts runs on Windows the command's tests of its locks, which are files that one
// process can have open there, and of what is left when it is killed.
func TestParts(t *testing.T) {
	needWine(t)
	exe := commandTest(t)
	for _, name := range []string{"TestLock", "TestKilledParent"} {
		var out bytes.Buffer
		if err := run(&out, scratch, runLimit, wineEnv(), "wine", exe, "-test.v", "-test.run", "^"+name+"$"); err != nil ||
			!strings.Contains(out.String(), "--- PASS: "+name+" ") {
			t.Errorf("%v\n%s", err, &out)
		}
	}
}
