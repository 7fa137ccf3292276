//go:build unix

package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// boardTags are the devices that examples/internal/online knows, each by tags
// of a board that has it.
var boardTags = map[string]string{
	"NINA-FW":     "ninafw",
	"MKR1010":     "ninafw,arduino_mkrwifi1010",
	"WioTerminal": "wioterminal",
	"Challenger":  "rp2040,challenger_rp2040",
	"combo-AT":    "comboat_fw",
	"W5500":       "rp2040,w5500",
	"Pico":        "rp2040",
	"any":         "noled",
}

// TestBoardTags type-checks the examples for each device, over a machine package
// that has only names: all of them for two, and what differs for the others.
// TestTinyGoPico builds some in earnest, `make boards` all.
func TestBoardTags(t *testing.T) {
	t.Parallel()
	check := func(dir, tags, packages string) ([]byte, error) {
		// A package machine, as if it were a module that the examples require.
		mod := filepath.Join(t.TempDir(), "go.mod")
		for _, ext := range []string{"mod", "sum"} {
			data, err := os.ReadFile(filepath.Join(dir, "go."+ext))
			if err != nil {
				t.Fatal(err)
			}
			text := strings.ReplaceAll(strings.ReplaceAll(string(data), "=> ../../..", "=> "+root), "=> ../..", "=> "+root)
			if ext == "mod" {
				text += "\nrequire machine v0.0.0\n\nreplace machine => " + filepath.Join(root, "test", "e2e", "testdata", "machine") + "\n"
			}
			put(t, strings.TrimSuffix(mod, "mod")+ext, text)
		}
		cmd := exec.Command(tinynet(t), "go", "vet", "-modfile="+mod, "-tags=baremetal,"+tags, packages)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm", "CGO_ENABLED=0")
		return cmd.CombinedOutput()
	}
	mustCheck := func(dir, tags, packages string) {
		t.Helper()
		if out, err := check(dir, tags, packages); err != nil {
			t.Errorf("%s with the tags %s: %v\n%s", packages, tags, err, out)
		}
	}
	for name, tags := range boardTags {
		switch name {
		case "NINA-FW":
			mustCheck(filepath.Join(root, "examples", "mqttclient"), tags, ".")
			mustCheck(filepath.Join(root, "examples", "mqttclient", "natiu"), tags, ".")
			mustCheck(root, tags, "./examples/...")
		case "Pico":
			mustCheck(root, tags, "./examples/...")
		default:
			mustCheck(root, tags, "./examples/internal/online")
		}
	}
	// It must be able to fail: two of the tables' tags exclude each other.
	out, err := check(root, "ninafw,wioterminal", "./examples/internal/online")
	if !errors.As(err, new(*exec.ExitError)) || !strings.Contains(string(out), "redeclared") {
		t.Errorf("two boards at once: %v\n%s", err, out)
	}
}
