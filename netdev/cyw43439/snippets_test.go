package cyw43439_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

var snippet = regexp.MustCompile("(?s)```go snippet=([a-z]+)\n(.*?)\n```")

// TestSnippets compiles the Go of docs/lneto.md and of docs/boards.md that is
// marked, as a package of this module.
func TestSnippets(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	overlay := map[string]map[string]string{"Replace": {}}
	// List with -export compiles, and does not link: Go's own net has no devices.
	args := []string{"list", "-export", "-overlay=" + filepath.Join(dir, "overlay.json")}
	for _, page := range []string{"lneto.md", "boards.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
		if err != nil {
			t.Fatal(err)
		}
		found := snippet.FindAllSubmatch(text, -1)
		if len(found) == 0 {
			t.Errorf("docs/%s has no snippet", page)
		}
		for _, m := range found {
			name := string(m[1])
			file := filepath.Join(dir, name+".go")
			if err := os.WriteFile(file, m[2], 0o666); err != nil {
				t.Fatal(err)
			}
			overlay["Replace"][filepath.Join(here, "snippet_"+name, "x.go")] = file
			args = append(args, "./snippet_"+name)
		}
	}
	data, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), data, 0o666); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Errorf("go %q: %v\n%s", args, err, out)
	}
}
