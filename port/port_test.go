package port_test

import (
	"os/exec"
	"testing"
)

// TestSources runs the tests that are beside sources of the port. They are of
// those packages that compile without the rest of Go's files, in the form that
// boards have.
func TestSources(t *testing.T) {
	cmd := exec.Command("go", "test", "-tags", "tinynetport,tinynet_board", "./net/http/internal")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
}
