package board

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// TestPlaceInlined looks at a program of Go's own compiler, which puts functions into
// others as TinyGo does.
func TestPlaceInlined(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module inlined\n\ngo 1.23\n",
		"main.go": `package main

var at [4]int

func inner(i int) { at[i] = 1 }

func middle(i int) { inner(i + 1) }

//go:noinline
func outer(i int) { middle(i * 3) }

func main() { outer(len(at)) }
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.Command("go", "build", "-o", "program", ".")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOOS=linux", "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s, err := symbols(filepath.Join(dir, "program"))
	if err != nil {
		t.Fatal(err)
	}
	f := s.function(s.named("main.outer")[0])
	if f == nil {
		t.Fatal("there is no main.outer")
	}
	said := make(map[string]bool)
	for at := f.start; at < f.start+f.size; at += 2 {
		said[regexp.MustCompile(`.* in `).ReplaceAllString(s.Place(at), "")] = true
	}
	for _, want := range []string{
		"main.outer (main.go:5, called at main.go:7, called at main.go:10)",
		"main.outer (main.go:7, called at main.go:10)",
	} {
		if !said[want] {
			t.Errorf("nothing is in %s, but in %v", want, said)
		}
	}
}
