package apicheck

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/port"
)

// What does not compile is found in the port's function bodies, for the systems
// that the file is for.
func TestTypeCheck(t *testing.T) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	root, err := assemble.OpenGoroot(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	m, err := assemble.LoadManifest(port.FS)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := assemble.Assemble(m, root)
	if err != nil {
		t.Fatal(err)
	}
	linux, wasm := Target{OS: "linux", Arch: "arm"}, Target{OS: "wasip1", Arch: "wasm"}
	if errs, skipped := TypeCheck(tree, root, linux); len(errs) > 0 || skipped != "" {
		t.Errorf("the port itself: %v, %s", errs, skipped)
	}
	const wrong = "package net\n\nimport \"os\"\n\nfunc wrong() int { return \"one\" }\n"
	broken := *tree
	broken.Files = append(slices.Clone(tree.Files), assemble.File{Path: "net/wrong_linux.go", Data: []byte(wrong)})
	errs, _ := TypeCheck(&broken, root, linux)
	var b bytes.Buffer
	for _, err := range errs {
		b.WriteString(err.Error() + "\n")
	}
	if len(errs) != 2 || !strings.Contains(b.String(), "src/net/wrong_linux.go:5:27: ") || !strings.Contains(b.String(), "\"os\" imported and not used") {
		t.Errorf("for Linux: %s", &b)
	}
	if errs, skipped := TypeCheck(&broken, root, wasm); len(errs) > 0 || skipped != "" {
		t.Errorf("for another system: %v, %s", errs, skipped)
	}
}
