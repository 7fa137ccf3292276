package assemble

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An Overlay is an assembled port in the cache.
type Overlay struct {
	JSON    string // the file for `go build -overlay`
	Dir     string // the folder that has the port's files in src
	Release string
}

// ownSource is the assembler itself: when it changes, so may what it makes.
//
//go:embed adopt.go problem.go release.go span.go source.go merge.go imports.go manifest.go format.go rows.go section.go check.go conditions.go portfile.go declare.go edit.go survey.go temp.go tree.go write.go overlay.go part.go cache.go
var ownSource embed.FS

const (
	overlayName = "overlay.json"
	sumName     = "complete" // the hash of an entry's files
	tmpPrefix   = "tmp-"
	keptFor     = 30 * 24 * time.Hour
)

// DefaultCacheDir is the folder that Cached uses if none is named: tinynet in
// the user's cache folder, or where there is none, in the temporary folder.
func DefaultCacheDir() (string, error) {
	if dir, err := os.UserCacheDir(); err == nil && filepath.IsAbs(dir) {
		return filepath.Join(dir, "tinynet"), nil
	}
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("tinynet-%d", os.Getuid()))
	// Others can write to the temporary folder, so it may not be ours.
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("make a cache folder: %w", err)
	}
	fi, err := os.Lstat(dir)
	if err != nil {
		return "", fmt.Errorf("make a cache folder: %w", err)
	}
	if !fi.IsDir() || !private(fi) {
		return "", fmt.Errorf("the cache folder %s is not this user's alone; remove it, or set HOME or XDG_CACHE_HOME", dir)
	}
	return dir, nil
}

// Cached assembles the port, or finds it assembled in the cache folder. An empty
// cacheDir means DefaultCacheDir. Any number of processes may call it at once.
func Cached(port fs.FS, root Goroot, cacheDir string) (*Overlay, error) {
	if cacheDir == "" {
		var err error
		if cacheDir, err = DefaultCacheDir(); err != nil {
			return nil, err
		}
	}
	cacheDir, err := filepath.Abs(cacheDir)
	if err != nil {
		return nil, err
	}
	o, err := cached(port, root, cacheDir)
	if err != nil && !errors.As(err, new(Problems)) {
		err = fmt.Errorf("assemble the port in the cache %s: %w", cacheDir, err)
	}
	return o, err
}

func cached(port fs.FS, root Goroot, cacheDir string) (*Overlay, error) {
	if real, err := resolve(cacheDir); err != nil {
		return nil, err
	} else if within(real, root.Dir) {
		return nil, errors.New("it is inside the Go root")
	}
	key, err := cacheKey(port, root, cacheDir)
	if err != nil {
		return nil, err
	}
	entry := filepath.Join(cacheDir, key)
	o := &Overlay{JSON: filepath.Join(entry, overlayName), Dir: entry, Release: root.Version}
	if complete(entry) {
		return o, nil
	}
	m, err := LoadManifest(port)
	if err != nil {
		return nil, err
	}
	t, err := Assemble(m, root)
	if err != nil {
		return nil, err
	}
	json, err := t.Overlay(root, entry)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cacheDir, 0o755); err != nil {
		return nil, err
	}
	prune(cacheDir)
	tmp, err := mkdirTemp(cacheDir, tmpPrefix+"*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	if err := t.fill(tmp); err != nil {
		return nil, err
	}
	if err := writeFile(filepath.Join(tmp, overlayName), json); err != nil {
		return nil, err
	}
	sum, err := sumOf(tmp)
	if err != nil {
		return nil, err
	}
	if err := writeFile(filepath.Join(tmp, sumName), []byte(sum)); err != nil {
		return nil, err
	}
	// Another process may have been faster, or a damaged entry be in the way.
	for range 10 {
		if err = rename(tmp, entry); err == nil || complete(entry) {
			return o, nil
		}
		aside, mkErr := mkdirTemp(cacheDir, tmpPrefix+"*")
		if mkErr != nil {
			return nil, mkErr
		}
		os.Rename(entry, filepath.Join(aside, "damaged"))
		os.RemoveAll(aside)
	}
	return nil, err
}

// cacheKey names what the assembled port depends on.
func cacheKey(port fs.FS, root Goroot, cacheDir string) (string, error) {
	h := sha256.New()
	add := func(name string, data []byte) {
		sum := sha256.Sum256(data)
		fmt.Fprintf(h, "%q %x\n", name, sum)
	}
	for _, s := range []string{runtime.Version(), root.Version, root.TinyGo, strconv.FormatBool(root.Adopted), root.Dir, cacheDir} {
		add(s, nil)
	}
	if real, err := filepath.EvalSymlinks(root.Dir); err == nil {
		add(real, nil) // it is in the overlay too
	}
	for _, from := range []fs.FS{ownSource, port} {
		add("", nil)
		err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := fs.ReadFile(from, name)
			add(name, data)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	// All of Go's files, used or not: a new one has to be mentioned.
	pkgs, err := upstreamPackages(root)
	if err != nil {
		return "", err
	}
	err = fs.WalkDir(port, ".", func(name string, d fs.DirEntry, err error) error {
		if p := path.Dir(name); err == nil && path.Base(name) == manifestName && !isRoot(p) {
			if _, err := os.Stat(root.src(p)); err == nil {
				pkgs = append(pkgs, p)
			}
		}
		return err
	})
	if err != nil {
		return "", err
	}
	var names []string
	a := &assembler{root: root}
	for _, p := range pkgs {
		files, tests, err := a.list(p)
		if err != nil {
			return "", err
		}
		for _, f := range files {
			names = append(names, p+"/"+f)
		}
		for _, f := range tests {
			add(p+"/"+f, nil)
		}
	}
	sums := make([][sha256.Size]byte, len(names))
	errs := make([]error, len(names))
	parallel(len(names), func(i int) {
		var data []byte
		data, errs[i] = os.ReadFile(root.src(names[i]))
		sums[i] = sha256.Sum256(data)
	})
	for i, name := range names {
		add(name, sums[i][:])
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), errors.Join(errs...)
}

// complete tells whether a cache entry is there and is what was once written.
// It notes that the entry was used.
func complete(entry string) bool {
	name := filepath.Join(entry, sumName)
	want, err := os.ReadFile(name)
	if err != nil {
		return false
	}
	now := time.Now()
	os.Chtimes(name, now, now)
	sum, err := sumOf(entry)
	return err == nil && bytes.Equal(want, []byte(sum))
}

// sumOf hashes the files of an entry.
func sumOf(entry string) (string, error) {
	var names []string
	err := filepath.WalkDir(entry, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && name != filepath.Join(entry, sumName) {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	slices.Sort(names)
	sums := make([][sha256.Size]byte, len(names))
	errs := make([]error, len(names))
	parallel(len(names), func(i int) {
		var data []byte
		data, errs[i] = os.ReadFile(names[i])
		sums[i] = sha256.Sum256(data)
	})
	h := sha256.New()
	for i, name := range names {
		fmt.Fprintf(h, "%q %x\n", strings.TrimPrefix(name, entry), sums[i])
	}
	return hex.EncodeToString(h.Sum(nil)), errors.Join(errs...)
}

// prune removes entries that were not used for a long time, and what killed
// runs left.
func prune(cacheDir string) {
	cleanLeftovers(cacheDir, tmpPrefix)
	entries, err := os.ReadDir(cacheDir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if b, err := hex.DecodeString(e.Name()); err != nil || len(b) != 16 || !e.IsDir() {
			continue
		}
		entry := filepath.Join(cacheDir, e.Name())
		fi, err := os.Lstat(filepath.Join(entry, sumName))
		if err != nil || time.Since(fi.ModTime()) < keptFor {
			continue
		}
		// Away in one step, so that nobody finds half of it.
		if aside, err := os.MkdirTemp(cacheDir, tmpPrefix+"*"); err == nil {
			os.Rename(entry, filepath.Join(aside, "old"))
			os.RemoveAll(aside)
		}
	}
}
