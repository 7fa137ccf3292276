//go:build matrix

package matrix

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"go/version"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestCross type-checks all packages of this module, their tests, and all that they
// import, for other systems, against the port of the oldest and the newest release.
// That is what of go vet and go test -c depends on the system, at a tenth of their
// time: nothing is compiled, and what is Go's own is read without its functions'
// bodies. TestCrossLink compiles.
func TestCross(t *testing.T) {
	newest := Releases[len(Releases)-1]
	if version.Compare(runtime.Version(), "go"+newest) < 0 {
		t.Skipf("%s cannot read the library of Go %s: make cross", runtime.Version(), newest)
	}
	tinynet := buildTinynet(t)
	for _, release := range only([]string{Releases[0], newest}) {
		t.Run(release, func(t *testing.T) {
			overlay := filepath.Join(t.TempDir(), "overlay.json")
			if out, err := exec.Command(tinynet, "overlay", "-go", release, "-o", overlay).CombinedOutput(); err != nil {
				t.Fatalf("tinynet overlay: %v\n%s", err, out)
			}
			data, err := os.ReadFile(overlay)
			if err != nil {
				t.Fatal(err)
			}
			read := &reader{fset: token.NewFileSet(), files: map[string]*ast.File{}}
			var replace struct{ Replace map[string]string }
			if err := json.Unmarshal(data, &replace); err != nil {
				t.Fatal(err)
			}
			read.replace = replace.Replace
			check := func(t *testing.T, system string, least int, packages ...[]string) {
				goos, goarch, _ := strings.Cut(system, "/")
				env := append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
				c := &checker{reader: read, release: release, sizes: types.SizesFor("gc", goarch), done: map[string]*types.Package{"unsafe": types.Unsafe}}
				for _, of := range packages {
					for _, p := range list(t, env, tinynet, release, of) {
						c.check(t, p)
					}
				}
				t.Logf("%d packages, %d of them this module's or the port's", len(c.done), c.whole)
				if c.whole < least || c.port == 0 {
					t.Errorf("only %d packages are this module's or the port's, want %d or more; %d are the port's", c.whole, least, c.port)
				}
			}
			for _, system := range Crossed {
				t.Run(system, func(t *testing.T) {
					check(t, system, 60, []string{"./..."}, []string{"-tags", "tinynet_port", "./test/..."})
				})
			}
			for _, system := range Deviceless {
				t.Run(system, func(t *testing.T) { check(t, system, 20, []string{"./cmd/tinynet"}) })
			}
		})
	}
}

// TestCrossLink compiles and links a program on the port for some of the systems, with the
// newest release. The compiler's optimizations, which cost half of the time, are left out.
func TestCrossLink(t *testing.T) {
	newest := Releases[len(Releases)-1]
	if version.Compare(runtime.Version(), "go"+newest) < 0 {
		t.Skip("make cross runs it")
	}
	tinynet := buildTinynet(t)
	for _, system := range Linked {
		t.Run(system, func(t *testing.T) {
			goos, goarch, _ := strings.Cut(system, "/")
			cmd := exec.Command(tinynet, "go", "-go", newest, "build", "-gcflags=all=-N -l", "-o", filepath.Join(t.TempDir(), "program"), "./examples/webserver")
			cmd.Dir = "../../.."
			cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// A listed is a package, as go list tells of it.
type listed struct {
	Dir, ImportPath, Name string
	Standard              bool
	GoFiles               []string
	ImportMap             map[string]string
	Module                *struct{ GoVersion string }
}

// list is what packages there are, each after those that it imports.
func list(t *testing.T, env []string, tinynet, release string, of []string) (packages []listed) {
	t.Helper()
	cmd := exec.Command(tinynet, append([]string{"go", "-go", release, "list", "-deps", "-test", "-json=Dir,ImportPath,Name,Standard,GoFiles,ImportMap,Module"}, of...)...)
	cmd.Dir, cmd.Env = "../../..", env
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%s: %v\n%s", cmd, err, exit.Stderr)
		}
		t.Fatal(err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// A reader parses each file once for all systems.
type reader struct {
	fset    *token.FileSet
	replace map[string]string
	files   map[string]*ast.File
}

func (r *reader) file(name string) (f *ast.File, replaced bool, err error) {
	from, replaced := r.replace[name]
	if !replaced {
		from = name
	}
	if f = r.files[name]; f == nil {
		if f, err = parser.ParseFile(r.fset, from, nil, parser.SkipObjectResolution); err == nil {
			r.files[name] = f
		}
	}
	return f, replaced, err
}

// A checker checks packages for one system.
type checker struct {
	*reader
	release string
	sizes   types.Sizes
	done    map[string]*types.Package

	whole, port int // packages with all of their functions; those of them that are Go's
}

func (c *checker) check(t *testing.T, p listed) {
	t.Helper()
	// The same with other build tags is another package.
	key := p.ImportPath
	if c.done[key] != nil && p.Standard || p.ImportPath == "unsafe" || strings.HasSuffix(p.ImportPath, ".test") {
		return
	}
	var files []*ast.File
	port := false
	for _, name := range p.GoFiles {
		f, replaced, err := c.file(filepath.Join(p.Dir, name))
		if err != nil {
			t.Error(err)
			return
		}
		port = port || replaced
		files = append(files, f)
	}
	lang := version.Lang("go" + c.release)
	if p.Module != nil && p.Module.GoVersion != "" {
		lang = "go" + p.Module.GoVersion
	}
	ours := strings.HasPrefix(p.ImportPath, "github.com/tinynet/tinynet")
	if ours || port {
		c.whole++
	}
	if port {
		c.port++
	}
	said := 0
	conf := types.Config{
		GoVersion: lang, Sizes: c.sizes, IgnoreFuncBodies: !ours && !port,
		Importer: importer(func(path string) (*types.Package, error) {
			if actual, ok := p.ImportMap[path]; ok {
				path = actual
			}
			if q := c.done[path]; q != nil {
				return q, nil
			}
			return nil, fmt.Errorf("%s was not listed", path)
		}),
		Error: func(err error) {
			if said++; said < 10 {
				t.Errorf("%s: %v", p.ImportPath, err)
			}
		},
	}
	path, _, _ := strings.Cut(p.ImportPath, " ")
	c.done[key], _ = conf.Check(path, c.fset, files, nil)
}

type importer func(path string) (*types.Package, error)

func (f importer) Import(path string) (*types.Package, error) { return f(path) }

// buildTinynet builds the command, unless it is told of one: with another Go than the
// one on PATH, the whole library would be compiled for it.
func buildTinynet(t *testing.T) string {
	t.Helper()
	if tinynet := os.Getenv("TINYNET_COMMAND"); tinynet != "" {
		return tinynet
	}
	tinynet := filepath.Join(t.TempDir(), "tinynet")
	if out, err := exec.Command("go", "build", "-o", tinynet, "github.com/tinynet/tinynet/cmd/tinynet").CombinedOutput(); err != nil {
		t.Fatalf("building tinynet: %v\n%s", err, out)
	}
	return tinynet
}

// TestCrossed has every system with a host device among those of make cross.
func TestCrossed(t *testing.T) {
	for _, system := range Targets {
		goos, _, _ := strings.Cut(system, "/")
		if goos != "linux" && goos != "js" && goos != "wasip1" && !slices.Contains(Crossed, system) {
			t.Errorf("make cross leaves out %s", system)
		}
	}
}
