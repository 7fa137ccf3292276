package tinygo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/tinynet/tinynet/internal/assemble"
)

// installJob is what a process of its own does: "install PORT RELEASE" or
// "uninstall", on INSTALL_ROOT, and dies at the step INSTALL_KILL.
func installJob(job string) int {
	if n, err := strconv.Atoi(os.Getenv("INSTALL_KILL")); err == nil {
		at := 0
		step = func() {
			if at++; at == n {
				p, err := os.FindProcess(os.Getpid())
				if err != nil {
					panic(err)
				}
				p.Kill()
				select {}
			}
		}
	}
	tg := &TinyGo{Root: os.Getenv("INSTALL_ROOT")}
	words := strings.Fields(job)
	var err error
	switch words[0] {
	case "install":
		err = tg.Install(&assemble.Overlay{Dir: words[1], Release: words[2]}, false)
	case "shadow":
		_, err = tg.Shadow(&assemble.Overlay{Dir: words[1]}, words[2], nil)
	default:
		_, err = tg.Uninstall(false)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func jobCommand(t *testing.T, root, job string, kill int) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "INSTALL_JOB="+job, "INSTALL_ROOT="+root, "INSTALL_KILL="+strconv.Itoa(kill), "GORACE=atexit_sleep_ms=0")
	return cmd
}

// killed runs a job up to a step; it tells whether it ended by itself before.
func killed(t *testing.T, root, job string, kill int) (done bool) {
	t.Helper()
	out, err := jobCommand(t, root, job, kill).CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 || err != nil && exit == nil {
		t.Fatalf("%s: %v\n%s", job, err, out)
	}
	return err == nil
}

// everything is all of a folder: names, modes, times and contents.
func everything(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fi, err := e.Info()
		if err != nil {
			return err
		}
		line := fmt.Sprintf("%s %v", strings.TrimPrefix(name, dir), fi.Mode())
		switch {
		case fi.Mode()&fs.ModeSymlink != 0:
			to, err := os.Readlink(name)
			if err != nil {
				return err
			}
			line += " -> " + to
		case fi.Mode().IsRegular():
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %v %q", fi.ModTime().UnixNano(), data)
		}
		all = append(all, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func wantEverything(t *testing.T, what, dir string, want []string) {
	t.Helper()
	if got := everything(t, dir); !slices.Equal(got, want) {
		t.Fatalf("%s: the root has\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// secondPort is another port, of a newer release.
func secondPort(t *testing.T) *assemble.Overlay {
	t.Helper()
	dir := t.TempDir()
	files(t, dir, "src/net/net.go", "src/net/newer_netdev.go", "src/net/http/server.go", "src/crypto/tls/conn.go")
	return &assemble.Overlay{Dir: dir, Release: "go1.24.1"}
}

func installFixture(t *testing.T) (tg *TinyGo, port *assemble.Overlay, original []string) {
	t.Helper()
	tg, port = fixture(t)
	port.Release = "go1.23.12"
	if runtime.GOOS != "windows" {
		if err := os.Symlink("net.go", filepath.Join(tg.Root, "src", "net", "link.go")); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(tg.Root, "src", "net", "README.md"), 0o640); err != nil {
		t.Fatal(err)
	}
	return tg, port, everything(t, tg.Root)
}

// wantPort fails the test unless exactly the port stands in the root's src.
func wantPort(t *testing.T, tg *TinyGo, port *assemble.Overlay) {
	t.Helper()
	in, err := tg.Installation(port)
	if err != nil || in.State != Installed || !in.Current || in.Release != port.Release || len(in.Changed) > 0 {
		t.Fatalf("Installation: %+v, %v", in, err)
	}
	src := filepath.Join(tg.Root, "src")
	for _, line := range list(t, filepath.Join(port.Dir, "src")) {
		if name, text, ok := strings.Cut(line, " = "); ok {
			data, err := os.ReadFile(filepath.Join(src, filepath.FromSlash(name)))
			if err != nil || filepath.ToSlash(string(data)) != text {
				t.Errorf("%s: %q, %v; want %q", name, data, err, text)
			}
		}
	}
	for _, gone := range []string{"net/tlssock.go", "net/http/http.go", "net/http/httptest", "crypto/tls/tls.go", "crypto/tls/old"} {
		if _, err := os.Stat(filepath.Join(src, gone)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("TinyGo's %s is there still: %v", gone, err)
		}
	}
	for _, kept := range []string{"net/other/other.go", "crypto/rand/rand.go", "runtime/runtime.go"} {
		if data, err := os.ReadFile(filepath.Join(src, kept)); err != nil || string(data) != filepath.Join(src, kept) {
			t.Errorf("TinyGo's %s: %q, %v", kept, data, err)
		}
	}
}

func mustInstall(t *testing.T, tg *TinyGo, port *assemble.Overlay) {
	t.Helper()
	if err := tg.Install(port, false); err != nil {
		t.Fatal(err)
	}
	wantPort(t, tg, port)
}

func mustUninstall(t *testing.T, tg *TinyGo, want bool) {
	t.Helper()
	if had, err := tg.Uninstall(false); err != nil || had != want {
		t.Fatalf("Uninstall: %v, %v; want %v", had, err, want)
	}
}

func TestInstall(t *testing.T) {
	tg, port, original := installFixture(t)
	newer := secondPort(t)
	mustUninstall(t, tg, false)
	wantEverything(t, "uninstalled where nothing was", tg.Root, original)
	mustInstall(t, tg, port)
	mustInstall(t, tg, port) // again
	mustInstall(t, tg, newer)
	if _, err := os.Stat(filepath.Join(tg.Root, "src", "net", "fd_netdev.go")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file of the older port is there still: %v", err)
	}
	if in, err := tg.Installation(port); err != nil || in.State != Installed || in.Current || in.Release != "go1.24.1" {
		t.Errorf("asked about another port: %+v, %v", in, err)
	}
	// With the port in place a shadow can still be cast, and is the same.
	wantSrc(t, mustShadow(t, tg, port, t.TempDir()), tg, port)
	mustUninstall(t, tg, true)
	wantEverything(t, "uninstalled", tg.Root, original)
}

// TestInstallKilled kills install, the replacing of an older port, and
// uninstall at each of their steps. Whatever is then done next has to work, and
// in the end TinyGo's own has to be as it was.
func TestInstallKilled(t *testing.T) {
	t.Parallel()
	tg, port, original := installFixture(t)
	newer := secondPort(t)
	install := func(p *assemble.Overlay) string { return "install " + p.Dir + " " + p.Release }
	for _, test := range []struct {
		name   string
		before *assemble.Overlay
		job    string
	}{
		{"install", nil, install(port)},
		{"replace", port, install(newer)},
		{"uninstall", port, "uninstall"},
	} {
		for kill := 1; ; kill++ {
			what := fmt.Sprintf("%s killed at step %d", test.name, kill)
			for _, next := range []string{"uninstall", "install", "the same"} {
				if test.before != nil {
					mustInstall(t, tg, test.before)
				}
				done := killed(t, tg.Root, test.job, kill)
				in, err := tg.Installation(nil)
				if err != nil || !slices.Contains([]State{NotInstalled, Installed, Interrupted}, in.State) {
					t.Fatalf("%s: %+v, %v", what, in, err)
				}
				switch next {
				case "install":
					if err := tg.Install(port, false); err != nil {
						t.Fatalf("%s, then install: %v", what, err)
					}
					wantPort(t, tg, port)
				case "the same":
					if !killed(t, tg.Root, test.job, 0) {
						t.Fatalf("%s, then again: killed", what)
					}
				}
				if _, err := tg.Uninstall(false); err != nil {
					t.Fatalf("%s, then %s, then uninstall: %v", what, next, err)
				}
				wantEverything(t, what+", then "+next, tg.Root, original)
				if done && next == "the same" {
					if kill < 5 {
						t.Fatalf("%s has %d steps only", test.name, kill-1)
					}
					t.Logf("%s has %d steps", test.name, kill-1)
					goto nextTest
				}
			}
		}
	nextTest:
	}
}

// TestInstallAtOnce: one of several does it, and the others say why they don't.
func TestInstallAtOnce(t *testing.T) {
	t.Parallel()
	tg, port, original := installFixture(t)
	unlock, err := lock(tg.Root)
	if err != nil {
		t.Fatal(err)
	}
	if err := tg.Install(port, false); err == nil || !strings.Contains(err.Error(), "another tinynet install or uninstall is at work") {
		t.Errorf("while another one is at work: %v", err)
	}
	unlock()
	var wg sync.WaitGroup
	for i := range 8 {
		job := "install " + port.Dir + " " + port.Release
		if i%2 == 1 {
			job = "uninstall"
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			out, err := jobCommand(t, tg.Root, job, 0).CombinedOutput()
			if err != nil && !strings.Contains(string(out), "at work") {
				t.Errorf("%s: %v\n%s", job, err, out)
			}
		}()
	}
	wg.Wait()
	mustInstall(t, tg, port)
	mustUninstall(t, tg, true)
	wantEverything(t, "at the end", tg.Root, original)
}

// TestInstallChanged: nobody's changes are lost without being asked.
func TestInstallChanged(t *testing.T) {
	t.Parallel()
	tg, port, original := installFixture(t)
	net := filepath.Join(tg.Root, "src", "net")
	for name, change := range map[string]func() error{
		"src/net/net.go":              func() error { return os.WriteFile(filepath.Join(net, "net.go"), []byte("mine"), 0o644) },
		"src/net/http/server.go":      func() error { return os.Remove(filepath.Join(net, "http", "server.go")) },
		"src/net/mine.go":             func() error { return os.WriteFile(filepath.Join(net, "mine.go"), nil, 0o644) },
		"src/crypto/tls/sub/added.go": func() error { files(t, tg.Root, "src/crypto/tls/sub/added.go"); return nil },
	} {
		mustInstall(t, tg, port)
		if err := change(); err != nil {
			t.Fatal(err)
		}
		in, err := tg.Installation(port)
		if err != nil || in.State != Changed || in.Current || !slices.Equal(in.Changed, []string{name}) {
			t.Errorf("%s: %+v, %v", name, in, err)
		}
		var state *StateError
		if err := tg.Install(port, false); !errors.As(err, &state) || state.State != Changed || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "-force") {
			t.Errorf("%s: install: %v", name, err)
		}
		if _, err := tg.Uninstall(false); !errors.As(err, &state) {
			t.Errorf("%s: uninstall: %v", name, err)
		}
		if had, err := tg.Uninstall(true); err != nil || !had {
			t.Fatalf("%s: uninstall -force: %v, %v", name, had, err)
		}
		wantEverything(t, name, tg.Root, original)
	}
}

// TestReinstalledTinyGo: a new TinyGo is installed over one that has the port.
func TestReinstalledTinyGo(t *testing.T) {
	t.Parallel()
	tg, port, _ := installFixture(t)
	mustInstall(t, tg, port)
	for _, dir := range []string{"src/net", "src/crypto/tls"} {
		if err := os.RemoveAll(filepath.Join(tg.Root, dir)); err != nil {
			t.Fatal(err)
		}
	}
	files(t, tg.Root, "src/net/net.go", "src/net/newer.go", "src/net/other/other.go", "src/net/http/newer.go", "src/crypto/tls/newer.go")
	want := everything(t, filepath.Join(tg.Root, "src"))
	if in, err := tg.Installation(port); err != nil || in.State != Reinstalled {
		t.Errorf("%+v, %v", in, err)
	}
	mustUninstall(t, tg, false)
	wantEverything(t, "uninstalled after a reinstall", filepath.Join(tg.Root, "src"), want)
	mustInstall(t, tg, port)
	mustUninstall(t, tg, true)
	wantEverything(t, "installed after a reinstall", filepath.Join(tg.Root, "src"), want)
	if in, err := tg.Installation(port); err != nil || in.State != NotInstalled {
		t.Errorf("%+v, %v", in, err)
	}
}

func TestInstallErrors(t *testing.T) {
	t.Parallel()
	wants := func(what string, err error, all ...string) {
		t.Helper()
		for _, want := range all {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v; want %q in it", what, err, want)
			}
		}
	}
	tg, port, _ := installFixture(t)
	before := "install the port in the TinyGo root " + tg.Root

	mustInstall(t, tg, port)
	if err := os.RemoveAll(filepath.Join(tg.Root, stateName)); err != nil {
		t.Fatal(err)
	}
	wants("without what was saved", tg.Install(port, true), before, "Install TinyGo anew")
	_, err := tg.Uninstall(true)
	wants("without what was saved", err, "take the port out of the TinyGo root", "Install TinyGo anew")

	tg, port, _ = installFixture(t)
	if err := os.RemoveAll(filepath.Join(tg.Root, "src", "net")); err != nil {
		t.Fatal(err)
	}
	wants("without net", tg.Install(port, false), "no src/net", "git submodule")
	if _, err := tg.Installation(nil); err == nil || !strings.Contains(err.Error(), "no src/net") {
		t.Errorf("without net: Installation: %v", err)
	}
	if err := os.RemoveAll(filepath.Join(tg.Root, "targets")); err != nil {
		t.Fatal(err)
	}
	wants("no TinyGo", tg.Install(port, false), "no targets", "Install TinyGo")
	if _, err := tg.Installation(nil); err == nil || !strings.Contains(err.Error(), "no targets") {
		t.Errorf("without targets: Installation: %v", err)
	}
	tg.Root += "none"
	wants("no root", tg.Install(port, false), "TinyGo root "+tg.Root, "no such file", "Install TinyGo")
	if _, err := tg.Installation(nil); err == nil {
		t.Error("a root that is not there has an installation")
	}

	// A port that cannot be read: nothing of TinyGo's is touched.
	tg, port, original := installFixture(t)
	if err := os.RemoveAll(filepath.Join(port.Dir, "src", "crypto")); err != nil {
		t.Fatal(err)
	}
	wants("half a port", tg.Install(port, false), "crypto/tls")
	mustUninstall(t, tg, false)
	wantEverything(t, "half a port", tg.Root, original)
}

// TestInstallReadOnly runs as a user who may not write there.
func TestInstallReadOnly(t *testing.T) {
	t.Parallel()
	tg, port, original := installFixture(t)
	cmd := jobCommand(t, tg.Root, "install "+port.Dir+" "+port.Release, 0)
	if asNobody(cmd) {
		// Nobody has to reach the roots, the port and a copy of this program. Folders
		// that this test made are opened for it; any other stays as it is.
		self := cmd.Path
		cmd.Path = filepath.Join(t.TempDir(), filepath.Base(self))
		if err := copyFile(self, cmd.Path, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{tg.Root, port.Dir, cmd.Path} {
			openToAll(t, filepath.Dir(name))
			filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error { // the umask may have closed them
				if err == nil && d.Type()&fs.ModeSymlink == 0 {
					err = os.Chmod(path, 0o755)
				}
				return err
			})
		}
		original = everything(t, tg.Root)
		if closed := closedToAll(cmd.Path); closed != "" {
			t.Skipf("a user who is nobody may not enter %s: run the tests with TMPDIR in a folder that everybody may reach, or as another user than root", closed)
		}
	} else {
		if err := os.Chmod(tg.Root, 0o555); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(tg.Root, 0o755)
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, fs.ErrPermission) {
		t.Skipf("programs in %s cannot be run (mounted noexec?): %v", os.TempDir(), err)
	}
	if err == nil || !strings.Contains(string(out), "sudo") || !strings.Contains(string(out), "tinynet tinygo") {
		t.Errorf("got %v\n%s\nwant an error that names sudo and tinynet tinygo", err, out)
	}
	os.Chmod(tg.Root, 0o755)
	wantEverything(t, "read-only", tg.Root, original)
}

// openToAll lets everybody enter dir and the folders above it that tests have
// made, which are those below the temporary folder and never that one itself.
func openToAll(t *testing.T, dir string) {
	t.Helper()
	top := filepath.Clean(os.TempDir())
	for ; strings.HasPrefix(dir, top+string(filepath.Separator)); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// closedToAll is the folder on the way to name that not everybody may enter, or
// "". The way is the one without links, which is the one that a system takes.
func closedToAll(name string) string {
	real, err := filepath.EvalSymlinks(name)
	if err != nil {
		return name
	}
	for dir := filepath.Dir(real); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// TestOpenToAll holds that a test opens nothing but what tests made.
func TestOpenToAll(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("folders have no such modes on windows")
	}
	top := t.TempDir()
	if real, err := filepath.EvalSymlinks(top); err == nil {
		top = real
	}
	t.Setenv("TMPDIR", top+"/tmp/")
	dir := filepath.Join(top, "tmp", "a", "b")
	for _, name := range []string{filepath.Dir(filepath.Dir(dir)), filepath.Dir(dir), dir} {
		if err := os.Mkdir(name, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	openToAll(t, dir)
	for name, want := range map[string]fs.FileMode{dir: 0o755, filepath.Dir(dir): 0o755, filepath.Dir(filepath.Dir(dir)): 0o700} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s: got mode %o, want %o", name, got, want)
		}
	}
	if got, want := closedToAll(filepath.Join(dir, "..", "b")), filepath.Join(top, "tmp"); got != want {
		t.Errorf("the closed folder: got %q, want %q", got, want)
	}
}

func TestAccepts(t *testing.T) {
	fakeCommand(t, "answers")
	tg, err := Find(context.Background(), "", append(os.Environ(), "TINYGOROOT=/opt/tinygo", "GOROOT=/opt/go"))
	if err != nil {
		t.Fatal(err)
	}
	var refused *RefusedError
	err = tg.Accepts(context.Background(), append(os.Environ(), "FAKE_TINYGO=refuses"))
	if !errors.As(err, &refused) || refused.Newest != "1.23" || !strings.Contains(err.Error(), "requires go version 1.19 through 1.23, got go1.26") || !strings.Contains(err.Error(), "with -go") {
		t.Errorf("refused: %v", err)
	}
	for _, mode := range []string{"fails", "silent"} { // what it says of other things is for the build
		if err := tg.Accepts(context.Background(), append(os.Environ(), "FAKE_TINYGO="+mode)); err != nil {
			t.Errorf("%s: %v", mode, err)
		}
	}
	// Shadow asks before it makes a root, and not for one that is there.
	fix, port := fixture(t)
	cache := t.TempDir()
	no := errors.New("no")
	if _, err := fix.Shadow(port, cache, func() error { return no }); err != no {
		t.Errorf("checked: %v", err)
	}
	shadow := mustShadow(t, fix, port, cache)
	if again, err := fix.Shadow(port, cache, func() error { return no }); err != nil || again != shadow {
		t.Errorf("once made: %s, %v", again, err)
	}
}
