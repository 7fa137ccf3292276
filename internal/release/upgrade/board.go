package upgrade

import (
	"fmt"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tinynet/tinynet/internal/assemble"
)

// What TinyGo cannot compile for bare metal.
var impossible = map[string]string{
	"internal/poll":         "it waits in the kernel",
	"internal/syscall/unix": "it makes system calls",
	"internal/syscall/exec": "it makes system calls",
	"os/exec":               "there are no processes",
	"os/signal":             "there are no signals",
	"plugin":                "there is no dynamic linker",
	"runtime/cgo":           "there is no C library",
	"runtime/debug":         "TinyGo has only a part of it",
	"runtime/trace":         "TinyGo's runtime has none",
	"internal/trace":        "TinyGo's runtime has none",
}

// Packages in whose place TinyGo has its own, so what Go's import is of no
// interest.
var tinygoOwn = []string{
	"crypto/rand", "device", "internal/abi", "internal/binary", "internal/bytealg", "internal/fuzz", "internal/reflectlite",
	"internal/task", "internal/wasi", "machine", "os", "os/user", "reflect", "runtime", "runtime/interrupt", "runtime/volatile",
	"runtime/pprof", "sync", "syscall", "testing", "unique", "unsafe",
}

// boards finds what a board cannot have among what packages import.
type boards struct {
	root assemble.Goroot
	done map[string]map[string]string
}

// reach is what of the impossible a package needs, and by way of what.
func (b *boards) reach(importPath string) map[string]string {
	if why, ok := impossible[importPath]; ok {
		return map[string]string{importPath: why}
	}
	if slices.Contains(tinygoOwn, importPath) || port(importPath) {
		return nil
	}
	if found, ok := b.done[importPath]; ok {
		return found
	}
	found := map[string]string{}
	b.done[importPath] = found // also while it is looked at
	for _, i := range b.imports(importPath) {
		for p, how := range b.reach(i) {
			if found[p] == "" {
				if p == i {
					how = fmt.Sprintf("%s imports %s: %s", importPath, p, how)
				}
				found[p] = how
			}
		}
	}
	return found
}

// imports lists what a package imports on a board.
func (b *boards) imports(importPath string) (list []string) {
	for _, dir := range []string{importPath, "vendor/" + importPath} {
		dir = filepath.Join(b.root.Dir, "src", filepath.FromSlash(dir))
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		ctxt := build.Default
		ctxt.GOOS, ctxt.GOARCH, ctxt.CgoEnabled, ctxt.BuildTags = "linux", "arm", false, []string{"baremetal", "tinygo"}
		for _, e := range entries {
			name := e.Name()
			if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				continue
			}
			if ok, err := ctxt.MatchFile(dir, name); err != nil || !ok {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.ImportsOnly)
			if err != nil {
				continue
			}
			for _, i := range f.Imports {
				if p, err := strconv.Unquote(i.Path.Value); err == nil {
					list = append(list, p)
				}
			}
		}
		break
	}
	return list
}

// port tells whether a package is the port's own affair.
func port(p string) bool {
	return p == "net" || p == "net/http" || p == "crypto/tls" || strings.HasPrefix(p, "net/http/") || strings.HasPrefix(p, "crypto/tls/")
}
