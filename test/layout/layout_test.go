// Package layout holds the rules of the repository's layout: what others may
// import, which way imports run, and what the exported API is.
package layout

import (
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/tinynet/tinynet"

// A listed is what the go command says of a package.
type listed struct {
	ImportPath, Name                               string
	GoFiles, IgnoredGoFiles, CgoFiles              []string
	Imports, TestImports, XTestImports, EmbedFiles []string
}

// packages are those of the module in which the folder dir is.
func packages(t *testing.T, dir string) []listed {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command("go", "list", "-json", "./...")
	cmd.Dir, cmd.Stderr = dir, &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, &stderr)
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// within tells whether a package is in one of the folders.
func within(path string, folders ...string) bool {
	for _, f := range folders {
		if path == module+"/"+f || strings.HasPrefix(path, module+"/"+f+"/") {
			return true
		}
	}
	return false
}

// importable tells whether another module can import a package.
func importable(p listed) bool {
	tests := func(name string) bool { return strings.HasSuffix(name, "_test.go") }
	files := len(p.GoFiles) + len(p.CgoFiles) + len(slices.DeleteFunc(p.IgnoredGoFiles, tests))
	return p.Name != "main" && files > 0 && !strings.Contains(strings.TrimPrefix(p.ImportPath, module)+"/", "/internal/")
}

// TestImportable: what users and driver authors import is in netdev; the
// command, the port and the examples are what they are. All else is internal.
func TestImportable(t *testing.T) {
	for _, p := range packages(t, "../..") {
		if importable(p) && !within(p.ImportPath, "netdev", "cmd", "port", "examples") {
			t.Errorf("%s can be imported by others: move it below internal/, or into a folder of that name", p.ImportPath)
		}
	}
}

// mayNot says what the packages of a folder import none of.
var mayNot = []struct {
	from []string
	to   []string
	why  string
}{
	{[]string{"netdev"}, []string{"cmd", "internal", "port", "test", "bench", "examples"}, "programs on boards import it"},
	{[]string{"port"}, []string{"cmd", "internal", "netdev", "test", "bench", "examples"}, "it is assembled into the standard library"},
	{[]string{"examples"}, []string{"cmd", "internal", "port", "test", "bench"}, "a user copies an example"},
	{[]string{"internal/assemble", "internal/toolchain"}, []string{"cmd", "netdev", "internal/tinygo", "internal/release", "internal/board", "internal/conform", "test", "bench", "examples"}, "all other machinery stands on it"},
	{[]string{"internal"}, []string{"cmd", "test", "bench", "examples"}, "imports run from the command to the machinery"},
	{[]string{"cmd"}, []string{"bench", "examples"}, "a command needs no example"},
}

// TestImportsRunOneWay: cmd imports internal, internal imports
// internal/assemble, nothing imports cmd, and netdev none of them.
func TestImportsRunOneWay(t *testing.T) {
	for _, p := range packages(t, "../..") {
		for _, rule := range mayNot {
			if !within(p.ImportPath, rule.from...) {
				continue
			}
			for _, imported := range p.Imports {
				if within(imported, rule.to...) {
					t.Errorf("%s imports %s, and should not: %s", p.ImportPath, imported, rule.why)
				}
			}
		}
	}
}

// TestRoot: the root has what is for readers, and no Go file.
func TestRoot(t *testing.T) {
	files, err := filepath.Glob("../../*.go")
	if err != nil || len(files) != 0 {
		t.Errorf("got %v, %v; want no Go file in the root", files, err)
	}
}
