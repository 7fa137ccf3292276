//go:build unix && boards

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBoards builds every example for the Pico, and a few for each other board that
// examples/internal/online knows. It takes its time: `make boards`.
func TestBoards(t *testing.T) {
	needs(t, "tinygo")
	var all []string
	err := filepath.WalkDir(filepath.Join(root, "examples"), func(path string, e os.DirEntry, err error) error {
		if err == nil && e.Name() == "main.go" {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), "go.mod")); err != nil { // TestTinyGoMQTT builds those
				all = append(all, strings.TrimPrefix(filepath.Dir(path), root+"/"))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 17 {
		t.Fatalf("only these examples are there: %s", all)
	}
	some := []string{"examples/tcpclient", "examples/socket"}
	some = some[:len(some):len(some)] // so that append copies
	for _, board := range []struct {
		target, tags string
		examples     []string
	}{
		{"pico", "", all},
		{"pico", "w5500", append(some, "examples/webserver", "examples/udpecho")},
		{"pico", "comboat_fw", some},
		{"nano-rp2040", "", append(some, "examples/http-get", "examples/dashboard")},
		{"challenger-rp2040", "", some},
		{"wioterminal", "", append(some, "examples/http-get", "examples/webserver", "examples/dashboard")},
		{"arduino-nano33", "", append(some, "examples/ntpclient")}, // 256 kB of flash: http-get is too large
		{"arduino-mkrwifi1010", "", some},
		{"pyportal", "", append(some, "examples/webserver", "examples/tlsclient")},
		{"metro-m4-airlift", "", append(some, "examples/websocket/dial")},
		{"matrixportal-m4", "", some},
		{"pybadge", "", some},
	} {
		for _, example := range board.examples {
			t.Run(board.target+" "+board.tags+" "+filepath.ToSlash(example), func(t *testing.T) {
				// Without a network to join, the compiler sees that nothing can be reached.
				args := []string{"build", "-target=" + board.target, "-size=short", "-ldflags=-X main.ssid=x -X main.pass=y", "-o", filepath.Join(t.TempDir(), "program.elf")}
				if board.tags != "" {
					args = append(args, "-tags="+board.tags)
				}
				t.Log("\n" + underTinyGo(t, append(args, "./"+example)...))
			})
		}
	}
}
