package port_test

import (
	"os/exec"
	"testing"
)

// TestSources runs the tests that are beside sources of the port. They are of
// what compiles without the rest of Go's files, in the form that boards have.
func TestSources(t *testing.T) {
	for _, what := range [][]string{
		{"./net/http/internal"},
		{"net/parseaddr_board.go", "net/parseaddr_test.go"},
		{"net/http/timer_board.go", "net/http/timer_test.go"},
		{"crypto/tls/cache_recent.go", "crypto/tls/cache_recent_test.go"},
	} {
		cmd := exec.Command("go", append([]string{"test", "-tags", "tinynetport,port.board,tinynet_board"}, what...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", cmd, err, out)
		}
	}
}
