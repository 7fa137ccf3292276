package cyw43439_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
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

// TestOwnModule makes a module as docs/boards.md has it, in a folder of its own,
// with the commands that stand there, and compiles its program.
func TestOwnModule(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "boards.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	program := regexp.MustCompile("(?s)```go snippet=picow\n(.*?)\n```").FindSubmatch(page)
	if program == nil {
		t.Fatal("docs/boards.md has no program for the Pico W")
	}
	for name, text := range map[string][]byte{"main.go": program[1], "go.mod": []byte("module example.com/thermometer\n\ngo 1.24\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var commands [][]string
	for _, m := range regexp.MustCompile(`(?m)^go ((?:work|mod edit) .*?)( #.*)?$`).FindAllSubmatch(page, -1) {
		commands = append(commands, strings.Fields(strings.ReplaceAll(string(m[1]), "CLONE", filepath.ToSlash(root))))
	}
	if len(commands) != 3 {
		t.Fatalf("docs/boards.md has the commands %q, want three: a workspace, and the go lines of both files", commands)
	}
	for _, args := range append(commands, []string{"list", "-export", "."}) {
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOWORK=")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %q: %v\n%s", args, err, out)
		}
	}
}
