package main

import (
	"bytes"
	"context"
	"go/build/constraint"
	"slices"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/port"
)

// TestRunWithoutHostDevice has run on a system whose sockets the port does not have: it
// says so, and takes the sandbox, which alone can have files.
func TestRunWithoutHostDevice(t *testing.T) {
	for goos, want := range map[string]string{
		"plan9": "-files: stat missing",
		"linux": "-files is for the board wasm, not for native",
	} {
		var stderr bytes.Buffer
		cmd := &tool{port: port.FS, stdin: strings.NewReader(""), stdout: &stderr, stderr: &stderr, goos: goos}
		status := cmd.run(context.Background(), []string{"run", "-files", "missing", "."})
		said := stderr.String()
		if status == statusOK || !strings.Contains(said, want) || strings.Contains(said, "sockets of plan9, so this runs in the sandbox") != (goos == "plan9") {
			t.Errorf("on %s: status %d, want another and %q in:\n%s", goos, status, want, said)
		}
	}
}

// run takes the sandbox where port/net/host.go is not built, and nowhere else.
func TestDefaultBoard(t *testing.T) {
	m, err := assemble.LoadManifest(port.FS)
	if err != nil {
		t.Fatal(err)
	}
	expr, err := constraint.Parse("//go:build " + m.Constraints()["net/host.go"])
	if err != nil {
		t.Fatal(err)
	}
	systems := append([]string{"aix", "plan9", "solaris", "illumos", "js"}, hostDevices...)
	for _, goos := range systems {
		built := expr.Eval(func(tag string) bool { return tag == goos })
		if listed := slices.Contains(hostDevices, goos); built != listed {
			t.Errorf("%s: port/net/host.go is built: %v; hostDevices has it: %v", goos, built, listed)
		}
		board, note := defaultBoard(goos)
		want := "native"
		if !built {
			want = "wasm"
		}
		if board != want || (note == "") != built || !built && !strings.Contains(note, goos) {
			t.Errorf("%s: got board %s and note %q, want %s, and a note only for the sandbox", goos, board, note, want)
		}
	}
}
