package main

import (
	"go/build/constraint"
	"slices"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/port"
)

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
