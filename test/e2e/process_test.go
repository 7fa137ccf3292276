//go:build unix

// Package e2e runs the examples as a reader of the README does, over the port,
// and talks to them from outside: with the standard net and net/http, and with
// a browser.
package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tinynet/tinynet/test/internal/sources"
)

// guardVar, in the environment, makes this test binary a guard: see guard.
const guardVar = "TINYNET_E2E_GUARD"

// startLimit is how long a server may take to be up, in which time it may have
// to be compiled, the standard library with it, on a busy machine.
const startLimit = 5 * time.Minute

// stopLimit is how long it may take to end once it was told to.
const stopLimit = 30 * time.Second

var root string // the repository

// scratch is where the tests of this run put what they build.
var scratch string

func TestMain(m *testing.M) {
	if os.Getenv(guardVar) != "" {
		guard()
	}
	os.Exit(func() int {
		wd, err := os.Getwd()
		if err != nil {
			panic(err)
		}
		root = filepath.Dir(filepath.Dir(wd))
		if scratch, err = os.MkdirTemp("", "tinynet-e2e-"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(scratch)
		return m.Run()
	}())
}

// dependOnSources has the result of these tests kept only until a file of the
// repository changes.
var dependOnSources = sync.OnceFunc(func() { sources.Watch(root) })

// guard leads the process group that a server runs in, and ends all of it when
// the test process closes its standard input or dies, of a timeout or a panic
// even: a server has children that would outlive it. As long as the leader
// lives, the group's number is no one else's.
func guard() {
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	os.Stdout.WriteString("guarding\n")
	io.Copy(io.Discard, os.Stdin)
	syscall.Kill(0, syscall.SIGKILL)
	select {}
}

// A process is a running command with all that it started.
type process struct {
	cmd   *exec.Cmd
	group int

	mu     sync.Mutex
	output bytes.Buffer  // both streams, for messages
	news   chan struct{} // has something if there may be more output
	lines  chan string   // of standard output
	ended  chan struct{} // closed when the command has ended
	err    error         // how it ended
}

// launch starts a command in the repository's root. It and all its
// descendants have ended when the test has.
func launch(t *testing.T, name string, args ...string) *process {
	t.Helper()
	return launchWith(t, nil, nil, name, args...)
}

// launchWith also gives it open files, from number 3 on, and variables.
func launchWith(t *testing.T, files []*os.File, env []string, name string, args ...string) *process {
	t.Helper()
	dependOnSources()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	g := exec.Command(self)
	g.Env = append(os.Environ(), guardVar+"=1")
	g.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	leash, err := g.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	ready, err := g.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Start(); err != nil {
		t.Fatal(err)
	}
	endGroup := func() {
		leash.Close()
		g.Wait()
	}
	if _, err := bufio.NewReader(ready).ReadString('\n'); err != nil {
		endGroup()
		t.Fatalf("the guard did not start: %v", err)
	}

	p := &process{
		cmd:   exec.Command(name, args...),
		group: g.Process.Pid,
		news:  make(chan struct{}, 1),
		lines: make(chan string, 100),
		ended: make(chan struct{}),
	}
	p.cmd.Dir = root
	p.cmd.ExtraFiles = files
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: p.group}
	p.cmd.WaitDelay = 5 * time.Second // for children that outlive it, which wait tells of
	stdout, w := io.Pipe()
	p.cmd.Stdout = w
	p.cmd.Stderr = p
	if err := p.cmd.Start(); err != nil {
		endGroup()
		t.Fatal(err)
	}
	var read sync.WaitGroup
	read.Add(1)
	go func() {
		defer read.Done()
		defer close(p.lines)
		for sc := bufio.NewScanner(stdout); sc.Scan(); {
			p.Write(append(sc.Bytes(), '\n'))
			select {
			case p.lines <- sc.Text():
			default: // nobody waits for this many
			}
		}
		io.Copy(p, stdout) // past a line that is too long
	}()
	go func() {
		p.err = p.cmd.Wait()
		w.Close()
		read.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		endGroup()
		<-p.ended
	})
	return p
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case p.news <- struct{}{}:
	default:
	}
	return p.output.Write(b)
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.String()
}

// serve starts a server and waits until it says where it listens.
func serve(t *testing.T, name string, args ...string) (p *process, where string) {
	t.Helper()
	p = launch(t, name, args...)
	limit := time.NewTimer(startLimit)
	defer limit.Stop()
	for {
		select {
		case line, ok := <-p.lines:
			if where, found := strings.CutPrefix(line, "listening on "); found {
				return p, where
			}
			if ok {
				continue
			}
			<-p.ended
			t.Fatalf("%s ended (%v) before it was listening:\n%s", p.cmd, p.err, p.said())
		case <-limit.C:
			t.Fatalf("%s is not listening after %v:\n%s", p.cmd, startLimit, p.said())
		}
	}
}

// wait returns the command's exit status once it has ended, with nothing that
// it started left.
func (p *process) wait(t *testing.T, limit time.Duration) int {
	t.Helper()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.ended:
	case <-timer.C:
		t.Fatalf("%s has not ended after %v:\n%s", p.cmd, limit, p.said())
	}
	if rest := p.leftovers(); len(rest) > 0 {
		t.Errorf("%s has ended, but left running: %s", p.cmd, strings.Join(rest, "; "))
	}
	var exit *exec.ExitError
	if p.err != nil && !errors.As(p.err, &exit) {
		t.Fatalf("%s: %v", p.cmd, p.err)
	}
	return p.cmd.ProcessState.ExitCode()
}

// leftovers names the processes of the group but for the guard.
func (p *process) leftovers() (names []string) {
	for pid, name := range p.members() {
		names = append(names, pid+" "+name)
	}
	return names
}

// members are the processes of the group but for the guard, by their numbers.
// It finds none on a system without /proc.
func (p *process) members() map[string]string {
	found := map[string]string{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		data, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		// "PID (NAME) STATE PARENT GROUP ...", where NAME may hold anything.
		pid, rest, _ := strings.Cut(string(data), " (")
		end := strings.LastIndexByte(rest, ')')
		if fields := strings.Fields(rest[end+1:]); len(fields) > 2 &&
			fields[0] != "Z" && fields[2] == strconv.Itoa(p.group) && pid != fields[2] {
			found[pid] = rest[:end]
		}
	}
	return found
}

// onPort fails the test unless the program that runs, one with this function,
// has the port's files in it. It sees that only on Linux.
func (p *process) onPort(t *testing.T, function string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		return
	}
	for pid := range p.members() {
		exe, err := os.ReadFile("/proc/" + pid + "/exe")
		if err != nil || !bytes.Contains(exe, []byte(function)) {
			continue
		}
		if !bytes.Contains(exe, []byte(portFile)) {
			t.Errorf("%s runs a program that has the standard net, not the port", p.cmd)
		}
		return
	}
	t.Errorf("%s: no program with the function %s runs", p.cmd, function)
}

// portFile is a file that only the port's net has; programs hold the names of
// what they were compiled from.
const portFile = "/fd_netdev.go"

// stop sends the command alone a signal; it must end with status 0.
func (p *process) stop(t *testing.T, sig syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	if status := p.wait(t, stopLimit); status != 0 {
		t.Errorf("%s ended with status %d after %v, want 0:\n%s", p.cmd, status, sig, p.said())
	}
}

// interrupt does what Ctrl-C does in a terminal: all of the group gets the
// signal. It returns the exit status.
func (p *process) interrupt(t *testing.T) int {
	t.Helper()
	if err := syscall.Kill(-p.group, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	return p.wait(t, stopLimit)
}

var buildTinynet = sync.OnceValues(func() (string, error) {
	bin := filepath.Join(scratch, "tinynet")
	return bin, goCommand("go", "build", "-o", bin, "./cmd/tinynet")
})

// tinynet returns the path of the command, which is built once.
func tinynet(t *testing.T) string {
	t.Helper()
	bin, err := buildTinynet()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// build compiles an example over the port, with the race detector if this test
// has it too, and returns the program's path.
func build(t *testing.T, example string) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), filepath.Base(example))
	args := []string{"go", "build", "-o", bin}
	if raceDetector {
		args = append(args, "-race")
	}
	if err := goCommand(tinynet(t), append(args, "./examples/"+example)...); err != nil {
		t.Fatal(err)
	}
	if exe, err := os.ReadFile(bin); err != nil || !bytes.Contains(exe, []byte(portFile)) {
		t.Fatalf("%s has the standard net, not the port (%v)", bin, err)
	}
	return bin
}

func goCommand(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return errors.New(cmd.String() + ": " + err.Error() + "\n" + string(out))
	}
	return nil
}
