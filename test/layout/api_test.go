package layout

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/importer"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/internal/release/apicheck"
)

var update = flag.Bool("update", false, "rewrite netdev/api.txt")

// TestAPI holds the exported API against netdev/api.txt, which has the form of
// the files in GOROOT/api: whoever changes it sees what users will see.
func TestAPI(t *testing.T) {
	var stderr bytes.Buffer
	// The listing is that of linux, whatever runs this.
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Name,Export,Standard", "./netdev/...")
	cmd.Dir, cmd.Stderr = "../..", &stderr
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, &stderr)
	}
	exports := map[string]string{}
	var paths []string
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath, Name, Export string
			Standard                 bool
		}
		if err := d.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		if within(p.ImportPath, "netdev") && p.Name != "main" && !strings.Contains(p.ImportPath+"/", "/internal/") {
			paths = append(paths, p.ImportPath)
		}
	}
	slices.Sort(paths)
	load := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	var api bytes.Buffer
	for _, path := range paths {
		pkg, err := load.Import(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range apicheck.Features(pkg) {
			api.WriteString(strings.Replace(line, "pkg "+module+"/", "pkg ", 1) + "\n")
		}
	}
	name := filepath.Join("..", "..", "netdev", "api.txt")
	if *update {
		if err := os.WriteFile(name, api.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	got, want := lines(api.Bytes()), lines(have)
	for _, l := range got {
		if !slices.Contains(want, l) {
			t.Errorf("new: %s", l)
		}
	}
	for _, l := range want {
		if !slices.Contains(got, l) {
			t.Errorf("gone: %s", l)
		}
	}
	if t.Failed() {
		t.Error("the exported API is not what netdev/api.txt lists; if a program or a driver author needs the change: go test ./test/layout -run TestAPI -update")
	} else if !bytes.Equal(have, api.Bytes()) {
		t.Error("netdev/api.txt is not in order: go test ./test/layout -run TestAPI -update")
	}
}

func lines(text []byte) []string { return strings.Split(strings.TrimSpace(string(text)), "\n") }
