package wine

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestBehaviour runs the tests of test/behaviour that are about the system's sockets.
// What fails has to be in the table of docs/computers.md.
func TestBehaviour(t *testing.T) {
	needWine(t)
	page, err := os.ReadFile(filepath.Join(root, "docs", "computers.md"))
	if err != nil {
		t.Fatal(err)
	}
	var known []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(Test[^`]*)` \\|").FindAllStringSubmatch(string(page), -1) {
		known = append(known, m[1])
	}
	exe := filepath.Join(scratch, "behaviour.exe")
	goBuild(t, windows, tinynet(t), "go", "test", "-c", "-tags", "tinynet_port", "-o", exe, "./test/behaviour")
	var out bytes.Buffer
	// The table of promises has a program built, for which there is no Go in our Windows;
	// what net and devtest call is compared over all kinds of device together.
	err = run(&out, filepath.Join(root, "test", "behaviour"), runLimit, wineEnv(), "wine", exe,
		"-test.v", "-test.timeout", runLimit.String(), "-test.run", "/^host$", "-test.skip", "^(TestPromiseTable|TestDevtestCalls|Fuzz.*)$")
	passed, failed := 0, map[string]bool{}
	for _, line := range lines(out.String()) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "--- PASS: ") {
			passed++
		} else if name, ok := strings.CutPrefix(line, "--- FAIL: "); ok {
			name, _, _ = strings.Cut(name, " ")
			failed[name] = true
		}
	}
	for name := range failed {
		inside := func(other string) bool { return strings.HasPrefix(other, name+"/") }
		if slices.Contains(known, name) {
			delete(failed, name)
		} else if slices.ContainsFunc(known, inside) {
			delete(failed, name) // for what is in it, which is looked at by itself
		}
	}
	if len(failed) > 0 || passed < 150 || err != nil && !strings.Contains(out.String(), "\nFAIL") {
		t.Errorf("%d have passed, want 150 or more, and these failed that are not in docs/computers.md: %v (%v)\n%s", passed, failed, err, &out)
	}
	t.Logf("%d passed", passed)
}
