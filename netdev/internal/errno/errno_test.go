//go:build !plan9 && !errno_own

package errno

import (
	"os/exec"
	"testing"
)

// TestOwnHere runs the test of what Plan 9 has.
func TestOwnHere(t *testing.T) {
	out, err := exec.Command("go", "test", "-tags", "errno_own", "-run", "TestOwn$", ".").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
