package main

import (
	"bufio"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/tether"
)

// TestSignalAtFIFO ends each command that waits for a file: the Go root has a FIFO
// that nobody writes.
func TestSignalAtFIFO(t *testing.T) {
	unixOnly(t)
	for _, args := range [][]string{
		{"run", "./x"}, {"go", "version"}, {"assemble", "-o", "out"}, {"overlay", "-o", "out"},
		{"tree"}, {"api"}, {"conform", "net"}, {"compare"}, {"upgrade", "-from", "FIFO", "-to", "FIFO"},
	} {
		t.Run(args[0], func(t *testing.T) {
			t.Parallel()
			dir := tempDir(t)
			write(t, dir, map[string]string{"go.mod": "module example.com/m\n\ngo 1.23\n", "x/main.go": "package main\n\nfunc main() {}\n"})
			root := filepath.Join(dir, "root")
			// The Go root of these tests, but for one file.
			link(t, goroot(), root, "src/net/dial.go")
			fifo := filepath.Join(root, "src/net/dial.go")
			if err := mkfifo(fifo); err != nil {
				t.Skip(err)
			}
			line := append([]string{"-goroot", root}, args...)
			for i, a := range line {
				if a == "FIFO" {
					line[i] = root
				}
			}
			cmd := in(dir, command(t, testPort(), line...))
			cmd.SysProcAttr = ownGroup()
			var out strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			// Somebody who would write waits until the command has opened the file.
			w := make(chan *os.File, 1)
			go func() {
				f, err := os.OpenFile(fifo, os.O_WRONLY, 0)
				if err == nil {
					w <- f
				}
			}()
			select {
			case f := <-w:
				defer f.Close()
			case err := <-ended:
				t.Fatalf("it does not read the root: %v\n%s", err, &out)
			case <-time.After(time.Minute):
				t.Fatal("it neither reads the root nor ends")
			}
			begun := time.Now()
			cmd.Process.Signal(os.Interrupt)
			select {
			case <-ended:
			case <-time.After(time.Minute):
				cmd.Process.Kill()
				t.Fatal("it does not end")
			}
			if took := time.Since(begun); took > grace+time.Second {
				t.Errorf("it ends %v after the signal, want within %v", took, grace)
			}
		})
	}
}

// link makes a folder whose entries are links to those of another one, without
// one file.
func link(t *testing.T, from, to, without string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	first, rest, deeper := strings.Cut(without, "/")
	for _, e := range entries {
		old, name := filepath.Join(from, e.Name()), filepath.Join(to, e.Name())
		switch {
		case e.Name() != first:
			if err := os.Symlink(old, name); err != nil {
				t.Fatal(err)
			}
		case deeper:
			link(t, old, name, rest)
		}
	}
}

// TestTetherSignals interrupts a tether while a peer does not take what the board
// has sent. The first interrupt ends it, and its port is free.
func TestTetherSignals(t *testing.T) {
	unixOnly(t)
	ln, err := net.Listen("unix", filepath.Join(t.TempDir(), "line"))
	if err != nil {
		t.Skip(err)
	}
	defer ln.Close()
	cmd := command(t, testPort(), "tether", "-publish", "0:80", "unix:"+ln.Addr().String())
	cmd.SysProcAttr = ownGroup()
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	at := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(said)
		for lines.Scan() {
			if _, rest, ok := strings.Cut(lines.Text(), "port 80 is at "); ok {
				at <- rest
			}
		}
	}()
	dev := tether.New(line, tether.Config{})
	num, err := dev.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0)
	if err == nil {
		err = dev.Bind(num, netip.MustParseAddrPort("0.0.0.0:80"))
	}
	if err == nil {
		err = dev.Listen(num, 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	where := <-at
	c, err := net.Dial("tcp", where)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	conn, _, err := dev.Accept(num)
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := dev.Send(conn, make([]byte, 1<<20), 0, time.Now().Add(500*time.Millisecond)); err != nil {
			break // nobody reads
		}
	}
	begun := time.Now()
	cmd.Process.Signal(os.Interrupt)
	err = waitFor(t, cmd)
	took := time.Since(begun)
	t.Logf("it ends after %v: %v", took, err)
	if took > 2*time.Second+time.Second/2 {
		t.Errorf("it ends %v after the interrupt, want within 2 s", took)
	}
	again, err := net.Listen("tcp", where)
	if err != nil {
		t.Fatalf("the port is not free: %v", err)
	}
	again.Close()
}

// TestSecondSignal ends at once a command that is about to end.
func TestSecondSignal(t *testing.T) {
	unixOnly(t)
	dir := tempDir(t)
	fifo := filepath.Join(dir, "VERSION")
	if err := mkfifo(fifo); err != nil {
		t.Skip(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "src/net"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := command(t, testPort(), "-goroot", dir, "tree")
	cmd.SysProcAttr = ownGroup()
	cmd.Stderr = io.Discard
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(fifo, os.O_WRONLY, 0) // waits until it is read
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	begun := time.Now()
	// The second one is repeated until it has met the process after the first.
	ended := make(chan error, 1)
	go func() { ended <- waitFor(t, cmd) }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		cmd.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-ended:
			if took := time.Since(begun); took > grace/2 {
				t.Errorf("it ends %v after the signals (%v), want at once", took, err)
			}
			return
		case <-tick.C:
		}
	}
}

func waitFor(t *testing.T, cmd *exec.Cmd) error {
	t.Helper()
	timer := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer timer.Stop()
	return cmd.Wait()
}
