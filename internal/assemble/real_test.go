package assemble

import (
	"encoding/json"
	"go/build"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tinynet/tinynet/port"
)

// realGoroots are the Go that runs the tests, and those that
// TINYNET_TEST_GOROOTS lists.
func realGoroots(t testing.TB) []Goroot {
	t.Helper()
	var roots []Goroot
	for _, dir := range append([]string{build.Default.GOROOT}, filepath.SplitList(os.Getenv("TINYNET_TEST_GOROOTS"))...) {
		root, err := OpenGoroot(dir)
		if err != nil {
			t.Fatal(err)
		}
		roots = append(roots, root)
	}
	return roots
}

// TestReal assembles the real port.
func TestReal(t *testing.T) {
	t.Parallel()
	m, err := LoadManifest(port.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, root := range realGoroots(t) {
		t.Run(root.Version, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			tree, err := Assemble(m, root)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d files, assembled in %v", len(tree.Files), time.Since(begin))
			if err := ForTinyGos(m, root); err != nil {
				t.Error(err)
			}
			up := map[string]string{}
			marks := map[Mark]int{}
			for _, f := range tree.Files {
				marks[f.Mark]++
				if f.Mark == Added {
					continue
				}
				data, err := os.ReadFile(root.src(strings.TrimPrefix(f.Source, "src/")))
				if err != nil {
					t.Fatal(err)
				}
				up[f.Path] = string(data)
			}
			if marks[Taken] == 0 || marks[Modified] == 0 || marks[Added] == 0 {
				t.Errorf("the marks are %v", marks)
			}
			checkTree(t, tree, up)

			// Every file of Go's is in the tree or left out.
			pkgs, err := upstreamPackages(root)
			if err != nil {
				t.Fatal(err)
			}
			known := map[string]bool{}
			for _, f := range tree.Files {
				known[f.Path] = true
			}
			for _, o := range tree.Omitted {
				if known[o.Path] || o.Why == "" {
					t.Errorf("%s is left out because of %q", o.Path, o.Why)
				}
				known[o.Path] = true
			}
			for _, p := range pkgs {
				names, _, err := (&assembler{root: root}).list(p)
				if err != nil {
					t.Fatal(err)
				}
				for _, n := range names {
					if !known[p+"/"+n] {
						t.Errorf("%s/%s is nowhere", p, n)
					}
				}
			}

			again, err := Assemble(m, root)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(tree, again) {
				t.Error("assembling twice gave different trees")
			}

			dir := filepath.Join(t.TempDir(), "out")
			if err := tree.Write(dir, false); err != nil {
				t.Fatal(err)
			}
			want := map[string]string{}
			for _, f := range tree.Files {
				want["src/"+f.Path] = string(f.Data)
			}
			got := snapshot(t, dir)
			maps.DeleteFunc(got, func(name, what string) bool { return what == "folder" || name == markerName })
			if !maps.Equal(got, want) {
				t.Error("what was written is not the tree")
			}

			data, err := tree.Overlay(root, dir)
			if err != nil {
				t.Fatal(err)
			}
			var overlay struct{ Replace map[string]string }
			if err := json.Unmarshal(data, &overlay); err != nil {
				t.Fatal(err)
			}
			for from, to := range overlay.Replace {
				if to == "" {
					continue
				}
				if _, err := os.Stat(to); err != nil || !strings.HasPrefix(to, dir) {
					t.Errorf("%s becomes %s: %v", from, to, err)
				}
			}
		})
	}
}

// takeAll is a port that takes all of Go's packages and changes a large file in
// each.
func takeAll(t testing.TB, root Goroot) map[string]string {
	t.Helper()
	pkgs, err := upstreamPackages(root)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, p := range pkgs {
		names, _, err := (&assembler{root: root}).list(p)
		if err != nil {
			t.Fatal(err)
		}
		files[p+"/"+manifestName] = "package = \"" + p + "\"\n\n[[take]]\nfiles = [\"" + strings.Join(names, `", "`) + "\"]\n"
	}
	drop := func(p, file, decl string) {
		files[p+"/"+manifestName] += "\n[[drop]]\nfile = \"" + file + "\"\ndecl = \"" + decl + "\"\nwhy = \"to measure\"\n"
	}
	drop("net", "net.go", "errClosed")
	drop("net", "dnsclient_unix.go", "Resolver.lookup")
	drop("net/http", "server.go", "Server.Serve")
	drop("net/http", "transport.go", "Transport.dial")
	drop("net/http", "request.go", "NewRequest")
	drop("crypto/tls", "common.go", "Config.Clone")
	return files
}

// BenchmarkAssemble assembles all of Go's files, with changes in six large ones.
func BenchmarkAssemble(b *testing.B) {
	root := realGoroots(b)[0]
	fs := portOf(takeAll(b, root))
	b.ResetTimer()
	for range b.N {
		if _, err := assembled(fs, root); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCached has a hit and a miss of the cache, with the same files.
func BenchmarkCached(b *testing.B) {
	root := realGoroots(b)[0]
	fs := portOf(takeAll(b, root))
	b.Run("miss", func(b *testing.B) {
		for range b.N {
			if _, err := Cached(fs, root, filepath.Join(b.TempDir(), "cache")); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("hit", func(b *testing.B) {
		dir := filepath.Join(b.TempDir(), "cache")
		for range b.N + 1 {
			if _, err := Cached(fs, root, dir); err != nil {
				b.Fatal(err)
			}
		}
	})
}
