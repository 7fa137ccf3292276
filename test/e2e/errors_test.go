//go:build linux

package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/test/internal/trouble"
)

// TestErrorsAsGo runs one program on Go's net and on the port, on computers that are in
// trouble: a port in use, no IPv6, a refusal by the network (a route that prohibits
// gives what a firewall that rejects does), names that do not resolve, a broken hosts
// file. Each line has to be the same, word for word.
func TestErrorsAsGo(t *testing.T) {
	t.Parallel()
	dependOnSources()
	trouble.Need(t)
	dir := t.TempDir()
	const program = "./test/e2e/testdata/errors"
	plain, port := filepath.Join(dir, "plain"), filepath.Join(dir, "port")
	for name, args := range map[string][]string{plain: {"go"}, port: {tinynet(t), "go"}} {
		args = append(args, "build", "-o", name, program)
		p := launchWith(t, nil, []string{"CGO_ENABLED=0"}, args[0], args[1:]...)
		if status := p.wait(t, startLimit); status != 0 {
			t.Fatalf("%v: status %d:\n%s", args, status, p.said())
		}
	}
	for _, w := range trouble.Worlds {
		t.Run(w.Name, func(t *testing.T) {
			says := func(program string) []string {
				return strings.Split(w.Says(t, nil, `exec "$@"`, append([]string{program}, trouble.Refused...)...), "\n")
			}
			want := says(plain)
			trouble.Same(t, says(port), want)
		})
	}
}
