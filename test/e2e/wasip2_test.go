//go:build unix

package e2e

import (
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// wasip2Host is a command that runs a WebAssembly component with this computer's
// network: Wasmtime, or jco of npm.
func wasip2Host(t *testing.T) []string {
	t.Helper()
	for _, host := range [][]string{{"wasmtime", "run", "-Sinherit-network", "-Sallow-ip-name-lookup"}, {"jco", "run"}} {
		if path, err := exec.LookPath(host[0]); err == nil {
			return append([]string{path}, host[1:]...)
		}
	}
	t.Skip("no wasmtime or jco on PATH, which run WebAssembly components")
	return nil
}

// TestWasip2 runs programs that TinyGo has compiled for wasip2: on sockets of the
// host's, among themselves, and asked from outside.
func TestWasip2(t *testing.T) {
	needs(t, "tinygo", "wasm-tools")
	host := wasip2Host(t)
	t.Parallel()
	compiled := func(pkg string) string {
		program := filepath.Join(t.TempDir(), filepath.Base(pkg)+".wasm")
		underTinyGo(t, "build", "-target=wasip2", "-o", program, pkg)
		return program
	}
	p := launch(t, host[0], append(host[1:], compiled("./test/e2e/testdata/loopback"))...)
	status := p.wait(t, startLimit)
	for _, part := range []string{"tcp", "deadline", "close", "udp", "errors", "names"} {
		if part == "tcp" && filepath.Base(host[0]) == "jco" {
			continue // its shutdown of one half closes both, see docs/computers.md
		}
		if !strings.Contains(p.said(), part+" ok\n") {
			t.Errorf("status %d, want 0, and %q in:\n%s", status, part+" ok", p.said())
		}
	}
	_, url := serve(t, host[0], append(host[1:], compiled("./examples/webserver"), "-addr", "127.0.0.1:0")...)
	for range 2 {
		r, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || !strings.Contains(string(page), "<h1>tinynet</h1>") {
			t.Errorf("this is not the page (%v):\n%s", err, page)
		}
	}
}
