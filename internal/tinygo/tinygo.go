// Package tinygo makes shadow roots: copies of a TinyGo root, made of links,
// in which the port stands in the place of TinyGo's own net, net/http and
// crypto/tls. The tinygo command uses one when TINYGOROOT names it; nothing of
// the installation changes.
//
// TinyGo builds a GOROOT of its own by merging its root's src with Go's. Of net
// it takes the files from its root and the folders from Go, except net/http,
// which like crypto/tls comes whole from its root. It tells files from folders
// without following links, so the folders of a shadow root's src are real and
// only files are links. The folder of targets is real, too: in it are files that
// differ from TinyGo's.
package tinygo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/execfile"
)

// A TinyGo is an installed TinyGo and the Go that it uses.
type TinyGo struct {
	Command string // path of the tinygo command
	Root    string // its TINYGOROOT
	Goroot  string // its GOROOT
	Release string // its own, such as 0.40.1

	// Changed are files that stand in shadow roots for others: their names in a
	// root, such as src/runtime/x.go, and where they are. A file does not change as
	// long as it has its name.
	Changed map[string]string
}

// installHint is what to do where there is no usable TinyGo.
const installHint = "Install TinyGo 0.40 (0.35 is the oldest that works) from https://tinygo.org/getting-started/install/, or name its command with -tinygo FILE"

// Find asks a tinygo command, run in the environment, where it keeps things. An
// empty command means the one on PATH.
func Find(ctx context.Context, command string, env []string) (*TinyGo, error) {
	if command == "" {
		found, err := exec.LookPath("tinygo")
		if err != nil {
			if errors.Is(err, exec.ErrDot) {
				return nil, fmt.Errorf("find TinyGo: %w", err)
			}
			return nil, fmt.Errorf("find TinyGo: there is no tinygo command on PATH\n%s", installHint)
		}
		command = found
	} else if found, err := exec.LookPath(command); err != nil {
		return nil, fmt.Errorf("find TinyGo: %w\n%s", err, installHint)
	} else {
		command = found
	}
	command, err := filepath.Abs(command)
	if err != nil {
		return nil, fmt.Errorf("find TinyGo: %w", err)
	}
	cmd := exec.CommandContext(ctx, command, "env", "TINYGOROOT", "GOROOT")
	cmd.Env = env
	cmd.WaitDelay = 2 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		text := strings.TrimSpace(stderr.String())
		if text == "" {
			text = err.Error()
		}
		return nil, fmt.Errorf("find TinyGo's root: %s env failed:\n\t%s", command, strings.ReplaceAll(text, "\n", "\n\t"))
	}
	lines := strings.Split(strings.ReplaceAll(stdout.String(), "\r\n", "\n"), "\n")
	if len(lines) < 2 || lines[0] == "" {
		return nil, fmt.Errorf("find TinyGo's root: %s env TINYGOROOT GOROOT printed %q\nIs it a tinygo command? %s", command, stdout.String(), installHint)
	}
	t := &TinyGo{Command: command, Root: lines[0], Goroot: lines[1]}
	if t.Goroot == "" {
		return nil, fmt.Errorf("find the Go that %s uses: it knows none\nPut a go command that this TinyGo supports on PATH, or choose one with -go VERSION or -goroot DIR", command)
	}
	if t.Release, err = t.release(ctx, env); err != nil {
		return nil, err
	}
	// In an environment of ours these are shadows: cast them from the real ones.
	for _, root := range []*string{&t.Root, &t.Goroot} {
		if m, err := os.ReadFile(filepath.Join(*root, markerName)); err == nil {
			if original, _, ok := strings.Cut(string(m), "\n"); ok {
				*root = original
			}
		}
	}
	return t, nil
}

const (
	// markerName is the file in a shadow root whose first line names the
	// original. Its time is that of the last use.
	markerName  = ".tinynet-shadow"
	tmpPrefix   = "tmp-"
	leftoverAge = 10 * time.Minute
	keptFor     = 30 * 24 * time.Hour

	// layout counts changes of what Shadow makes.
	layout = "2"
)

// replaced tells whether the port stands in for a file or folder below src.
func replaced(name string, dir bool) bool {
	for _, whole := range []string{"net/http", "crypto/tls"} {
		if name == whole || strings.HasPrefix(name, whole+"/") {
			return true
		}
	}
	return !dir && path.Dir(name) == "net"
}

// A plan is what a shadow root consists of.
type plan struct {
	what  string            // it is a shadow of
	root  string            // the original
	dirs  []string          // slash-separated, parents first
	links map[string]string // name -> where the link goes
	texts map[string][]byte // name -> what is in it: files that are no links
	key   string
}

// Shadow returns a root like t's with the port in it, from the cache folder or
// new. Any number of processes may ask at once. Before it makes a new one it
// calls check, unless that is nil, and returns its error.
func (t *TinyGo) Shadow(port *assemble.Overlay, cacheDir string, check func() error) (string, error) {
	p, err := t.plan(port)
	if err != nil {
		return "", fmt.Errorf("read the TinyGo root %s: %w", t.Root, err)
	}
	return p.cast(filepath.Join(cacheDir, "tinygo"), check)
}

// cast returns the shadow root in the folder, made if need be, after check.
func (p *plan) cast(parent string, check func() error) (string, error) {
	shadow := filepath.Join(parent, p.key)
	if p.complete(shadow) {
		return shadow, nil
	}
	if check != nil {
		if err := check(); err != nil {
			return "", err
		}
	}
	if err := p.build(parent, shadow); err != nil {
		return "", fmt.Errorf("make a %s root with the port in %s: %w", p.what, parent, err)
	}
	return shadow, nil
}

// PortGo returns a Go root like goroot with all of the port in it. TinyGo gets one:
// which packages it takes from its own root and which from Go's differs from
// release to release, and the port stands in both. So does a go command that takes
// no new packages from an overlay: that of Go 1.23.
func PortGo(port *assemble.Overlay, goroot, cacheDir string) (string, error) {
	fail := func(err error) (string, error) { return "", fmt.Errorf("read the overlay of the port: %w", err) }
	data, err := os.ReadFile(port.JSON)
	if err != nil {
		return fail(err)
	}
	var overlay struct{ Replace map[string]string }
	if err := json.Unmarshal(data, &overlay); err != nil {
		return fail(fmt.Errorf("%s: %w", port.JSON, err))
	}
	changed := map[string]string{}
	// The overlay names files by the root's real path, too.
	real, err := filepath.EvalSymlinks(goroot)
	if err != nil {
		return "", fmt.Errorf("read the Go root %s: %w", goroot, err)
	}
	for name, file := range overlay.Replace {
		rel, err := filepath.Rel(goroot, name)
		if err != nil || !filepath.IsLocal(rel) {
			rel, err = filepath.Rel(real, name)
		}
		if err != nil || !filepath.IsLocal(rel) {
			return fail(fmt.Errorf("%s: %s is not in %s", port.JSON, name, goroot))
		}
		changed[filepath.ToSlash(rel)] = file
	}
	p, err := planGo(goroot, changed)
	if err != nil {
		return "", fmt.Errorf("read the Go root %s: %w", goroot, err)
	}
	return p.cast(filepath.Join(cacheDir, portGoDir), nil)
}

// GoBehind returns the Go root that one of PortGo's was made from, and any other
// root as it is.
func GoBehind(goroot, cacheDir string) string {
	name, err := filepath.Rel(filepath.Join(cacheDir, portGoDir), filepath.Clean(goroot))
	if err != nil || !filepath.IsLocal(name) || name == "." {
		return goroot
	}
	version, err := filepath.EvalSymlinks(filepath.Join(goroot, "VERSION"))
	if err != nil {
		return goroot
	}
	return filepath.Dir(version)
}

// portGoDir is the folder of the cache that has the roots of PortGo.
const portGoDir = "tinygo-goroot"

// planGo plans a Go root in which other files are in the place of some; those that
// are "" are not there.
func planGo(goroot string, changed map[string]string) (*plan, error) {
	root, err := filepath.EvalSymlinks(goroot)
	if err == nil {
		root, err = filepath.Abs(root)
	}
	if err != nil {
		return nil, err
	}
	version, err := os.ReadFile(filepath.Join(root, "VERSION"))
	if err != nil {
		return nil, err
	}
	p := &plan{what: "Go", root: goroot, dirs: []string{"src"}, links: map[string]string{}}
	h := sha256.New()
	fmt.Fprintf(h, "%s %q %q\n", layout, root, version)
	err = walk(root, func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil || name == "." || name == "src":
			return err
		case !strings.HasPrefix(name, "src/") || name == "src/cmd" || e.IsDir() && e.Name() == "testdata":
			p.links[name] = filepath.Join(root, filepath.FromSlash(name))
			if e.IsDir() {
				err = fs.SkipDir
			}
		case e.IsDir():
			p.dirs = append(p.dirs, name)
		default:
			p.links[name] = filepath.Join(root, filepath.FromSlash(name))
		}
		fmt.Fprintf(h, "%q\n", name)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, name := range sorted(changed) {
		if changed[name] == "" {
			delete(p.links, name)
		} else {
			p.links[name] = changed[name]
			p.dirs = append(p.dirs, newDirs(root, path.Dir(name))...)
		}
		fmt.Fprintf(h, "port %q %q\n", name, changed[name])
	}
	p.key = hex.EncodeToString(h.Sum(nil)[:16])
	return p, nil
}

// newDirs are the folders that a root has not, and which lead to dir.
func newDirs(root, dir string) []string {
	if fi, err := os.Stat(filepath.Join(root, filepath.FromSlash(dir))); err == nil && fi.IsDir() || dir == "." {
		return nil
	}
	return append(newDirs(root, path.Dir(dir)), dir)
}

func (t *TinyGo) plan(port *assemble.Overlay) (*plan, error) {
	root, err := t.realRoot()
	if err != nil {
		return nil, err
	}
	src := filepath.Join(root, "src")
	for _, must := range []string{"src/net", "src/net/http"} {
		if !isDir(root, must) {
			if _, err := os.Stat(filepath.Join(root, stateName)); err == nil {
				return nil, fmt.Errorf("it has no %s, because an install or uninstall was interrupted\n`tinynet uninstall` puts it back", must)
			}
			return nil, halfError(must)
		}
	}
	p := &plan{what: "TinyGo", root: t.Root, dirs: []string{"src"}, links: map[string]string{}, texts: map[string][]byte{}}
	h := sha256.New()
	fmt.Fprintf(h, "%s %q %q\n", layout, root, port.Dir)
	if fi, err := os.Stat(t.Command); err == nil {
		fmt.Fprintf(h, "%q %d %d\n", t.Command, fi.Size(), fi.ModTime().UnixNano())
	}

	// TinyGo opens files outside src by their path, so one link for each does.
	top, err := os.ReadDir(root)
	if err != nil {
		return nil, err
	}
	for _, e := range top {
		switch {
		case e.Name() == targetsDir:
			err = p.planTargets(root, h)
		case e.Name() != "src" && !strings.HasPrefix(e.Name(), "."):
			p.links[e.Name()] = filepath.Join(root, e.Name())
			fmt.Fprintf(h, "%q\n", e.Name())
		}
		if err != nil {
			return nil, err
		}
	}
	err = walk(src, func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil || name == ".":
			return err
		case replaced(name, e.IsDir()):
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir():
			p.dirs = append(p.dirs, "src/"+name)
			return nil
		}
		fi, err := e.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%q %v %d %d\n", name, fi.Mode(), fi.Size(), fi.ModTime().UnixNano())
		file := filepath.Join(src, filepath.FromSlash(name))
		if _, ok := mendings[name]; ok {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			if text, ok := mended(name, text); ok {
				fmt.Fprintf(h, "mended %q %q\n", name, text)
				p.texts["src/"+name] = text
				return nil
			}
		}
		p.links["src/"+name] = file
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = fs.WalkDir(os.DirFS(filepath.Join(port.Dir, "src")), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil || name == ".":
			return err
		case e.IsDir():
			p.dirs = append(p.dirs, "src/"+name)
			return nil
		case assemble.GosOwn(name):
			return nil // TinyGo takes it from Go's root
		}
		fmt.Fprintf(h, "port %q\n", name)
		p.links["src/"+name] = filepath.Join(port.Dir, "src", filepath.FromSlash(name))
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, name := range sorted(t.Changed) {
		fmt.Fprintf(h, "changed %q %q\n", name, t.Changed[name])
		delete(p.texts, name)
		p.links[name] = t.Changed[name]
	}
	p.key = hex.EncodeToString(h.Sum(nil)[:16])
	return p, nil
}

// sorted are the keys of a map.
func sorted[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}

// complete tells whether a shadow root is there and all in it is in its place.
// It notes that the root was used.
func (p *plan) complete(shadow string) bool {
	marker := filepath.Join(shadow, markerName)
	if _, err := os.Stat(marker); err != nil {
		return false
	}
	now := time.Now()
	os.Chtimes(marker, now, now)
	for name, target := range p.links {
		name = filepath.Join(shadow, filepath.FromSlash(name))
		if to, err := os.Readlink(name); err == nil {
			if to != target {
				return false
			}
		} else if _, err := os.Stat(name); err != nil { // a hard link or a copy
			return false
		}
	}
	for name, text := range p.texts {
		if was, err := os.ReadFile(filepath.Join(shadow, filepath.FromSlash(name))); err != nil || !bytes.Equal(was, text) {
			return false
		}
	}
	return true
}

func (p *plan) build(parent, shadow string) error {
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return err
	}
	prune(parent)
	tmp, err := assemble.NewDir(parent, tmpPrefix)
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	for _, dir := range p.dirs {
		if err := os.Mkdir(filepath.Join(tmp, filepath.FromSlash(dir)), 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	for _, name := range sorted(p.texts) {
		if err := os.WriteFile(filepath.Join(tmp, filepath.FromSlash(name)), p.texts[name], 0o666); err != nil {
			return err
		}
	}
	for _, name := range sorted(p.links) {
		step()
		if err := place(p.links[name], filepath.Join(tmp, filepath.FromSlash(name))); err != nil {
			return err
		}
	}
	text := p.root + "\nA " + p.what + " root made by tinynet out of links. It can be deleted.\n"
	if err := os.WriteFile(filepath.Join(tmp, markerName), []byte(text), 0o666); err != nil {
		return err
	}
	// Another process may have been faster, or a damaged root be in the way.
	for range 10 {
		step()
		if err = os.Rename(tmp, shadow); err == nil || p.complete(shadow) {
			return nil
		}
		remove(parent, shadow)
	}
	return err
}

// remove takes a shadow root away in one step, so that nobody finds half of it.
func remove(parent, shadow string) {
	aside, err := os.MkdirTemp(parent, tmpPrefix)
	if err != nil {
		return
	}
	os.Rename(shadow, filepath.Join(aside, "old"))
	os.RemoveAll(aside)
}

// prune removes shadow roots that were not used for a long time, and what
// killed runs left.
func prune(parent string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		name := filepath.Join(parent, e.Name())
		if strings.HasPrefix(e.Name(), tmpPrefix) {
			if fi, err := e.Info(); err == nil && time.Since(fi.ModTime()) > leftoverAge {
				os.RemoveAll(name)
			}
			continue
		}
		if fi, err := os.Stat(filepath.Join(name, markerName)); err == nil && time.Since(fi.ModTime()) > keptFor {
			remove(parent, name)
		}
	}
}

// place makes a file or folder appear under another name: as a symbolic link,
// or where the system does not allow one, as a hard link or a copy.
func place(target, name string) error {
	symlinkErr := symlink(target, name)
	if symlinkErr == nil {
		if runtime.GOOS != "windows" {
			return nil
		}
		// Wine says so also when it has made none.
		if _, symlinkErr = os.Lstat(name); symlinkErr == nil {
			return nil
		}
	}
	fi, err := os.Stat(target)
	if err != nil {
		return symlinkErr
	}
	if fi.IsDir() {
		entries, err := os.ReadDir(target)
		if err != nil {
			return err
		}
		if err := os.Mkdir(name, 0o777); err != nil {
			return err
		}
		for _, e := range entries {
			if err := place(filepath.Join(target, e.Name()), filepath.Join(name, e.Name())); err != nil {
				return err
			}
		}
		return nil
	}
	if os.Link(target, name) == nil {
		return nil
	}
	return copyFile(target, name, fi.Mode().Perm())
}

var symlink = os.Symlink // a test has a system without them

func copyFile(from, to string, perm fs.FileMode) (err error) {
	defer execfile.Hold()() // what is copied may be run at once
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
