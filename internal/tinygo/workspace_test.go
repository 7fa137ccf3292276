package tinygo

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestTargetOf(t *testing.T) {
	for _, test := range []struct {
		args   string
		target string
		tags   []string
	}{
		{"build -target=pico-w -o x.uf2 ./examples/tcpecho", "pico-w", nil},
		{"flash --target pico2-w -tags notls,netgo ./x", "pico2-w", []string{"notls", "netgo"}},
		{"build -tags=cyw43439 ./x", "", []string{"cyw43439"}},
		{"build -o x ./target", "", nil},
		{"build -target", "", nil},
	} {
		target, tags := targetOf(strings.Fields(test.args))
		if target != test.target || !reflect.DeepEqual(tags, test.tags) {
			t.Errorf("%s: %q, %q; want %q, %q", test.args, target, tags, test.target, test.tags)
		}
	}
}

// TestWorkspace lists an example for a board with the radio: its package is
// found, and nothing is written beside the cache.
func TestWorkspace(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	was, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chdir(root); err != nil {
		t.Fatal(err)
	}
	defer os.Chdir(was)
	cache := t.TempDir()
	tg := &TinyGo{Goroot: installedGo(t), Release: "0.40.1"}
	env, _, err := tg.Workspace(context.Background(), os.Environ(), []string{"build", "-tags=cyw43439"}, "go1.24.13", cache)
	if err != nil {
		t.Fatal(err)
	}
	file := lookup(env, "GOWORK")
	if !strings.HasPrefix(file, cache) {
		t.Fatalf("GOWORK is %q, want a file below %s", file, cache)
	}
	cmd := exec.Command(filepath.Join(tg.Goroot, "bin", "go"), "list", "-json=ImportPath,Deps", "-deps", "-e", "-tags=baremetal,cyw43439", "./examples/internal/online")
	cmd.Env = env
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p struct{ ImportPath string }
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		found = found || p.ImportPath == "github.com/soypat/lneto/tcp"
	}
	if !found {
		t.Error("an example for the Pico W does not come with lneto")
	}
	again, _, err := tg.Workspace(context.Background(), os.Environ(), []string{"build", "-tags=cyw43439"}, "go1.25.14", cache)
	if err != nil || lookup(again, "GOWORK") != file {
		t.Errorf("the second time it is %q, %v; want %q", lookup(again, "GOWORK"), err, file)
	}
	for name, test := range map[string]struct{ env, args []string }{
		"another board":       {os.Environ(), []string{"build", "-tags=w5500"}},
		"the user's own":      {append(os.Environ(), "GOWORK=off"), []string{"build", "-tags=cyw43439"}},
		"the user's modfile":  {append(os.Environ(), "GOFLAGS=-modfile=x.mod"), []string{"build", "-tags=cyw43439"}},
		"neither of the two":  {os.Environ(), []string{"version"}},
		"a module without it": {append(os.Environ(), "GO111MODULE=off"), []string{"build", "-tags=cyw43439"}},
	} {
		got, note, err := tg.Workspace(context.Background(), test.env, test.args, "go1.25.14", cache)
		if err != nil || note != "" || !reflect.DeepEqual(got, test.env) {
			t.Errorf("%s: GOWORK is %q, %q, %v; want it as it was", name, lookup(got, "GOWORK"), note, err)
		}
	}
	// A program without the radio builds with a Go that its package does not.
	old, note, err := tg.Workspace(context.Background(), os.Environ(), []string{"build", "-tags=cyw43439"}, "go1.23.12", cache)
	if want := "netdev/cyw43439 wants go1.24 or newer, and TinyGo 0.40.1 builds with go1.23.12 here"; err != nil || !strings.HasPrefix(note, want) || lookup(old, "GOWORK") != "" {
		t.Errorf("with Go 1.23: GOWORK is %q, %q, %v; want none, and a note that begins with %q", lookup(old, "GOWORK"), note, err, want)
	}
}

// TestKnows asks for targets that a TinyGo has, has not, and may have.
func TestKnows(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "targets")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pico.json", "pico-w.json", "wasm.json", "pico-boot-stage2.S"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	tg := &TinyGo{Root: root, Release: "0.40.1"}
	for target, want := range map[string]string{
		"": "", "pico": "", "pico-w": "", "my/board.json": "", "armv7-linux-gnueabihf": "",
		"pikco":    "TinyGo 0.40.1 has no target pikco; did you mean pico?\n`tinygo targets` lists them",
		"picow":    "TinyGo 0.40.1 has no target picow; did you mean pico-w?\n`tinygo targets` lists them",
		"nonsense": "TinyGo 0.40.1 has no target nonsense\n`tinygo targets` lists them",
	} {
		got := ""
		if err := tg.knows(target); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", target, got, want)
		}
	}
	if err := (&TinyGo{Root: t.TempDir()}).knows("pico"); err != nil {
		t.Errorf("without a list: %v", err)
	}
}
