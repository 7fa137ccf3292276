package tinygo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/tinynet/tinynet/internal/assemble"
)

// In a TinyGo root, Install moves the folders src/net and src/crypto/tls aside,
// whole, and puts folders of the port in their places. What is where says how
// far it came, so there is no journal that could be wrong:
//
//	src/net          .tinynet/saved/net   state
//	---------------  -------------------  ------------------------------------
//	TinyGo's         none                 not installed
//	none             TinyGo's             interrupted; Recover puts it back
//	the port's       TinyGo's             installed
//	TinyGo's         an older TinyGo's    TinyGo was installed anew over the port
//	the port's       none                 damaged: somebody deleted .tinynet
//
// A folder of the port is one with the file .tinynet, which has the sums of its
// files.
const (
	stateName = ".tinynet" // in the root: a folder; in a folder of the port: its label
	savedName = "saved"
)

// units are the folders of src that are replaced.
var units = []string{"net", "crypto/tls"}

// A label says what a folder of the port has in it.
type label struct {
	Release string            // such as go1.23.12
	Files   map[string]string // SHA-256 by slash-separated name
}

// A State is what is in place in a TinyGo root.
type State string

const (
	NotInstalled State = "not installed"
	Installed    State = "installed"
	Interrupted  State = "interrupted" // an install or uninstall was, and some folders are the port's, some TinyGo's
	Changed      State = "changed"     // installed, and then files of the port were changed
	Reinstalled  State = "reinstalled" // TinyGo's own is there, and an older one's is kept still
	Damaged      State = "damaged"     // the port is there, and TinyGo's own is gone
)

// An Installation is what Installation found.
type Installation struct {
	State   State
	Release string   // of the port that is in place, if one is
	Current bool     // it is the port that was asked about
	Changed []string // files of the port that are not as they were installed, "src/net/x.go"
}

// A unit is one of the folders, as it is.
type unit struct {
	name  string
	dir   string // src/net
	saved string // .tinynet/saved/net

	there, isSaved bool
	port           *label // nil if dir is TinyGo's own
	changed        []string
}

// step comes before each change to an installation, or to a shadow root that is being
// made. A test ends the process there.
var step = func() {}

func rename(from, to string) error { step(); return os.Rename(from, to) }
func mkdir(name string) error      { step(); return os.MkdirAll(name, 0o755) }
func removeAll(name string) error  { step(); return os.RemoveAll(name) }

// realRoot is where the root really is, which has what a whole TinyGo has beside the
// packages that the port replaces.
func (t *TinyGo) realRoot() (string, error) {
	root, err := filepath.EvalSymlinks(t.Root)
	if err == nil {
		root, err = filepath.Abs(root)
	}
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, installHint)
	}
	for _, must := range []string{"src/runtime", targetsDir} {
		if !isDir(root, must) {
			return "", halfError(must)
		}
	}
	return root, nil
}

// isDir tells whether there is a folder in a root.
func isDir(root, name string) bool {
	fi, err := os.Stat(filepath.Join(root, filepath.FromSlash(name)))
	return err == nil && fi.IsDir()
}

// halfError says that a root is not all of TinyGo.
func halfError(missing string) error {
	return fmt.Errorf("it has no %s; is it a whole TinyGo 0.35 or newer?\n%s; a clone of its repository needs `git submodule update --init`", missing, installHint)
}

func look(root string) ([]*unit, error) {
	var all []*unit
	for _, name := range units {
		u := &unit{
			name:  "src/" + name,
			dir:   filepath.Join(root, "src", filepath.FromSlash(name)),
			saved: filepath.Join(root, stateName, savedName, path.Base(name)),
		}
		all = append(all, u)
		if _, err := os.Lstat(u.saved); err == nil {
			u.isSaved = true
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if _, err := os.Lstat(u.dir); errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, err
		}
		u.there = true
		data, err := os.ReadFile(filepath.Join(u.dir, stateName))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		u.port = new(label)
		if err := json.Unmarshal(data, u.port); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(u.dir, stateName), err)
		}
		now, err := sums(u.dir)
		if err != nil {
			return nil, err
		}
		for name, sum := range u.port.Files {
			if now[name] != sum {
				u.changed = append(u.changed, u.name+"/"+name)
			}
		}
		for name := range now {
			if _, ok := u.port.Files[name]; !ok {
				u.changed = append(u.changed, u.name+"/"+name)
			}
		}
	}
	return all, nil
}

// sums are the hashes of the files in a folder, but for its label.
func sums(dir string) (map[string]string, error) {
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || name == stateName {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		all[name] = hex.EncodeToString(sum[:])
		return nil
	})
	return all, err
}

// stateOf sums up the folders.
func stateOf(all []*unit) State {
	ports, own, changed, stale, lost := 0, 0, 0, 0, 0
	for _, u := range all {
		switch {
		case !u.there && u.isSaved:
			return Interrupted
		case u.port != nil && !u.isSaved:
			lost++
		case u.port != nil:
			ports++
			changed += len(u.changed)
		case u.isSaved:
			stale++
		default:
			own++
		}
	}
	switch {
	case lost > 0 || stale > 0 && ports > 0:
		return Damaged
	case ports > 0 && own > 0:
		return Interrupted
	case changed > 0:
		return Changed
	case ports > 0:
		return Installed
	case stale > 0:
		return Reinstalled
	}
	return NotInstalled
}

// Installation tells what is in place, and whether it is this port (which may be
// nil).
func (t *TinyGo) Installation(port *assemble.Overlay) (*Installation, error) {
	fail := func(err error) (*Installation, error) {
		return nil, fmt.Errorf("look at the TinyGo root %s: %w", t.Root, err)
	}
	root, err := t.realRoot()
	if err != nil {
		return fail(err)
	}
	all, err := look(root)
	if err != nil {
		return fail(err)
	}
	in := &Installation{State: stateOf(all)}
	in.Current = port != nil && in.State == Installed
	for _, u := range all {
		if u.name == "src/net" && !u.there && !u.isSaved { // crypto/tls may be Go's, in a TinyGo to come
			return fail(halfError(u.name))
		}
		if u.port == nil {
			in.Current = false
			continue
		}
		in.Release = u.port.Release
		in.Changed = append(in.Changed, u.changed...)
		if in.Current {
			want, err := portLabel(u, port)
			if err != nil {
				return fail(err)
			}
			// What the port does not replace stays TinyGo's, and is in the label, too.
			for name := range want.Files {
				in.Current = in.Current && u.port.Files[name] == want.Files[name]
			}
			in.Current = in.Current && u.port.Release == want.Release
		}
	}
	return in, nil
}

// portLabel is what the port has for a folder.
func portLabel(u *unit, port *assemble.Overlay) (*label, error) {
	files, err := sums(filepath.Join(port.Dir, filepath.FromSlash(u.name)))
	return &label{Release: port.Release, Files: files}, err
}

// A StateError says that the root is not in a state that can be gone on from.
type StateError struct {
	Root  string
	State State
	Files []string
}

func (e *StateError) Error() string {
	switch e.State {
	case Changed:
		list := e.Files
		more := ""
		if len(list) > 5 {
			list, more = list[:5], fmt.Sprintf("\n\tand %d more", len(e.Files)-5)
		}
		return fmt.Sprintf("files of the port in %s were changed since they were installed:\n\t%s%s\n"+
			"Save what you want to keep and use -force, which puts these files away", e.Root, strings.Join(list, "\n\t"), more)
	case Damaged:
		return fmt.Sprintf("the port is in %s, but what it replaced is gone or is not its own: the folder %s was changed by somebody else\n"+
			"Install TinyGo anew, over this one", e.Root, filepath.Join(e.Root, stateName))
	}
	return fmt.Sprintf("%s is %s", e.Root, e.State)
}

// change does what an install or uninstall does: alone, on a root that is put in
// order first.
func (t *TinyGo) change(force bool, do func(root string, all []*unit) error) error {
	root, err := t.realRoot()
	if err != nil {
		return err
	}
	unlock, err := lock(root)
	if err != nil {
		return err
	}
	defer unlock()
	all, err := look(root)
	if err != nil {
		return err
	}
	switch state := stateOf(all); state {
	case Changed:
		if !force {
			e := &StateError{Root: root, State: state}
			for _, u := range all {
				e.Files = append(e.Files, u.changed...)
			}
			return e
		}
	case Damaged:
		return &StateError{Root: root, State: state}
	}
	for _, u := range all {
		switch {
		case !u.there && u.isSaved:
			if err := writable(rename(u.saved, u.dir)); err != nil {
				return err
			}
			u.there, u.isSaved, u.port = true, false, nil
		case !u.there:
			return halfError(u.name)
		}
	}
	return do(root, all)
}

// writable explains an error of a first change.
func writable(err error) error {
	if errors.Is(err, fs.ErrPermission) || isReadOnly(err) {
		return fmt.Errorf("%w\nIt cannot be written to. Do this as its owner (sudo), or use `tinynet tinygo`, which changes nothing there", err)
	}
	return err
}

// scratch makes a new folder for what is being made, after what killed runs left
// is gone.
func scratch(root string) (string, error) {
	state := filepath.Join(root, stateName)
	if err := writable(mkdir(filepath.Join(state, savedName))); err != nil {
		return "", err
	}
	left, err := filepath.Glob(filepath.Join(state, tmpPrefix+"*"))
	if err != nil {
		return "", err
	}
	for _, name := range left {
		if err := removeAll(name); err != nil {
			return "", err
		}
	}
	step()
	return os.MkdirTemp(state, tmpPrefix)
}

// Install puts a port into the TinyGo root, in the place of TinyGo's own files,
// which are kept, or of a port that is there already. If it is interrupted, the
// root is as before, or has the port, or is put in order by the next Install or
// Uninstall. Changed files of a port are an error, unless force is given.
func (t *TinyGo) Install(port *assemble.Overlay, force bool) error {
	err := t.change(force, func(root string, all []*unit) error {
		tmp, err := scratch(root)
		if err != nil {
			return err
		}
		// All is made before anything is moved.
		news := make([]string, len(all))
		for i, u := range all {
			news[i] = filepath.Join(tmp, path.Base(u.name))
			if err := u.stage(port, news[i]); err != nil {
				return err
			}
		}
		for i, u := range all {
			to := u.saved
			switch {
			case u.port != nil:
				to = filepath.Join(tmp, "old-"+path.Base(u.name))
			case u.isSaved: // an older TinyGo's, that nobody can use any more
				if err := rename(u.saved, filepath.Join(tmp, "stale-"+path.Base(u.name))); err != nil {
					return err
				}
			}
			if err := rename(u.dir, to); err != nil {
				return err
			}
			if err := rename(news[i], u.dir); err != nil {
				return errors.Join(err, os.Rename(to, u.dir))
			}
		}
		return removeAll(tmp)
	})
	if err != nil {
		return fmt.Errorf("install the port in the TinyGo root %s: %w", t.Root, err)
	}
	return nil
}

// stage makes the folder that is to stand in for u: the port's files, and what
// of TinyGo's they don't replace.
func (u *unit) stage(port *assemble.Overlay, dir string) error {
	from := filepath.Join(port.Dir, filepath.FromSlash(u.name))
	if err := copyTree(from, dir, func(string, bool) bool { return true }); err != nil {
		return fmt.Errorf("copy the port's %s: %w", from, err)
	}
	base := strings.TrimPrefix(u.name, "src/")
	own := u.dir
	if u.isSaved && u.port != nil {
		own = u.saved
	}
	if err := copyTree(own, dir, func(name string, isDir bool) bool {
		return name == "." || isDir && !replaced(base+"/"+name, true) || !isDir && strings.Contains(name, "/") && !replaced(base+"/"+name, false)
	}); err != nil {
		return err
	}
	files, err := sums(dir)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(&label{port.Release, files}, "", "\t")
	if err != nil {
		return err
	}
	step()
	return os.WriteFile(filepath.Join(dir, stateName), append(text, '\n'), 0o644)
}

// copyTree copies the files and folders that keep wants. Symbolic links stay
// links.
func copyTree(from, to string, keep func(name string, isDir bool) bool) error {
	if real, err := filepath.EvalSymlinks(from); err == nil {
		from = real
	}
	return fs.WalkDir(os.DirFS(from), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target, source := filepath.Join(to, filepath.FromSlash(name)), filepath.Join(from, filepath.FromSlash(name))
		switch {
		case !keep(name, e.IsDir()) || name == ".git":
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir():
			return mkdir(target)
		case e.Type()&fs.ModeSymlink != 0:
			link, err := os.Readlink(source)
			if err != nil {
				return err
			}
			step()
			return os.Symlink(link, target)
		}
		step()
		return copyFile(source, target, 0o644)
	})
}

// Uninstall puts back what TinyGo had of its own, and tells whether a port was
// there. Of an interruption holds what Install says, and of changed files.
func (t *TinyGo) Uninstall(force bool) (had bool, err error) {
	err = t.change(force, func(root string, all []*unit) error {
		state := filepath.Join(root, stateName)
		if _, err := os.Lstat(state); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		tmp, err := scratch(root)
		if err != nil {
			return err
		}
		for _, u := range all {
			if u.port == nil {
				continue // it was TinyGo's already, or is again
			}
			had = true
			old := filepath.Join(tmp, path.Base(u.name))
			if err := rename(u.dir, old); err != nil {
				return err
			}
			if err := rename(u.saved, u.dir); err != nil {
				return errors.Join(err, os.Rename(old, u.dir))
			}
		}
		return removeAll(state)
	})
	if err != nil {
		return had, fmt.Errorf("take the port out of the TinyGo root %s: %w", t.Root, err)
	}
	return had, nil
}

// A RefusedError says that a TinyGo does not build with the Go that it would use.
type RefusedError struct {
	TinyGo, Root   string // the command, and the Go's root
	Said           string // such as: requires go version 1.19 through 1.23, got go1.26
	Oldest, Newest string // 1.19 and 1.23, if it said so
}

func (e *RefusedError) Error() string {
	hint := "Choose one that it supports with -go VERSION, such as -go 1.23.12, or install a newer TinyGo"
	switch {
	case e.Oldest != "" && compareGo(newestTaken(), minor(e.Oldest)) < 0:
		hint = fmt.Sprintf("It is too new: nobody has tried the port with a Go newer than %s. Install an older TinyGo or a newer tinynet, or try a release of Go %s with -go", newestTaken(), e.Newest)
	case e.Newest != "":
		hint = fmt.Sprintf("Choose a release of Go %s with -go, which is fetched if it is not here, or install a newer TinyGo", e.Newest)
	}
	return fmt.Sprintf("%s refuses the Go in %s: it %s\n%s", e.TinyGo, e.Root, e.Said, hint)
}

// refusal finds TinyGo's words for a Go that it does not support.
func refusal(output []byte) (said, oldest, newest string, ok bool) {
	for _, line := range bytes.Split(output, []byte("\n")) {
		text := strings.TrimSpace(string(line))
		if i := strings.Index(text, "requires go version "); i >= 0 {
			text = text[i:]
			if first, rest, found := strings.Cut(text, " through "); found {
				oldest = strings.TrimPrefix(first, "requires go version ")
				newest, _, _ = strings.Cut(rest, ",")
			}
			return text, oldest, newest, true
		}
	}
	return "", "", "", false
}
