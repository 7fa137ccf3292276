package wine

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/term"

	"github.com/tinynet/tinynet/internal/pty"
	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/tether"
)

// pseudoTerminal is a terminal, and the name of its other end, which stays open. One
// that is raw hands on all bytes as they are; another makes a signal of Ctrl-C.
func pseudoTerminal(t *testing.T, raw bool) (near *os.File, name string) {
	t.Helper()
	near, far := pty.Open(t)
	if raw {
		if _, err := term.MakeRaw(int(far.Fd())); err != nil {
			t.Fatal(err)
		}
	}
	return near, far.Name()
}

// A console is a program on a console of Windows: what is typed there, and what the
// program prints.
type console struct {
	t    *testing.T
	cmd  *exec.Cmd
	keys *os.File

	mu      sync.Mutex
	changed sync.Cond
	text    bytes.Buffer
	over    bool // nothing more will be printed, or it is not waited for any longer
}

// onConsole starts a program. Its input is the console, its output a pipe, for what a console
// shows has the colours and places of its texts in it.
func onConsole(t *testing.T, env []string, exe string, args ...string) *console {
	t.Helper()
	keys, name := pseudoTerminal(t, false)
	input, err := os.OpenFile(name, os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer input.Close()
	c := &console{t: t, keys: keys, cmd: exec.Command("wine", append([]string{exe}, args...)...)}
	c.changed.L = &c.mu
	c.cmd.Dir, c.cmd.Env = scratch, append(append(os.Environ(), wineEnv()...), env...)
	c.cmd.Stdin = input
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.cmd.Stderr = c.cmd.Stdout
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end := func() {
		c.cmd.Process.Kill()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.over = true
		c.changed.Broadcast()
	}
	watch := time.AfterFunc(runLimit, end)
	t.Cleanup(func() {
		watch.Stop()
		c.cmd.Process.Kill()
		c.cmd.Wait()
	})
	go io.Copy(io.Discard, keys) // the console shows what is typed
	go func() {
		for buf := make([]byte, 1000); ; {
			n, err := out.Read(buf)
			c.mu.Lock()
			c.text.Write(buf[:n])
			c.over = c.over || err != nil
			c.changed.Broadcast()
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return c
}

// find waits until it has printed what matches, and returns what the group matches.
func (c *console) find(pattern string) string {
	c.t.Helper()
	re := regexp.MustCompile(pattern)
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if m := re.FindStringSubmatch(c.text.String()); m != nil {
			return m[len(m)-1]
		}
		if c.over {
			c.t.Fatalf("it does not print %s, but\n%s", pattern, &c.text)
		}
		c.changed.Wait()
	}
}

// interrupt types Ctrl-C, and returns the program's status and all that it has printed.
func (c *console) interrupt() (status int, said string) {
	c.t.Helper()
	if _, err := c.keys.WriteString("\x03"); err != nil {
		c.t.Fatal(err)
	}
	c.mu.Lock()
	for !c.over {
		c.changed.Wait()
	}
	said = strings.ReplaceAll(c.text.String(), "\r\n", "\n")
	c.mu.Unlock()
	c.cmd.Wait()
	return c.cmd.ProcessState.ExitCode(), said
}

// wantFree fails if an address is not free.
func wantFree(t *testing.T, addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatalf("the port is not free: %v", err)
	}
	ln.Close()
}

// TestCtrlC: what is typed at the console ends the program that the command runs, and the
// command has its status.
func TestCtrlC(t *testing.T) {
	needWine(t)
	c := onConsole(t, []string{"TINYNET_TEST=parent"}, commandTest(t))
	addr := c.find(`(127\.0\.0\.1:\d+)\s`)
	if status, said := c.interrupt(); status != 9 || said != addr+"\ninterrupted\n" {
		t.Errorf("status %d, want the program's, 9; printed:\n%s", status, said)
	}
	wantFree(t, addr)
}

// TestSerial has a board on COM3. The command reads from there byte by byte, since
// in Wine 8 a read waits until there is as much as it may take.
func TestSerial(t *testing.T) {
	needWine(t)
	board, name := pseudoTerminal(t, true)
	if err := run(nil, scratch, runLimit, wineEnv(), "wine", "reg", "add", `HKLM\Software\Wine\Ports`, "/v", "COM3", "/d", name, "/f"); err != nil {
		t.Fatal(err)
	}
	endWine() // it looks for its ports when it starts
	exe := commandTest(t)
	var out bytes.Buffer
	if err := run(&out, scratch, runLimit, append(wineEnv(), "TINYNET_TEST=main"), "wine", exe, "tether", "COM9"); err == nil ||
		!strings.Contains(out.String(), "open the serial port COM9: Serial port not found\nIs the board plugged in?") {
		t.Errorf("on a port that is not there: %v\n%s", err, &out)
	}
	c := onConsole(t, []string{"TINYNET_TEST=bytewise"}, exe, "tether", "-publish", "0:80", "COM3")
	dev := tether.New(board, tether.Config{})
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
	addr := c.find(`the board's tcp port 80 is at (127\.0\.0\.1:\d+)\s`)
	client, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	conn, _, err := dev.Accept(num)
	if err != nil {
		t.Fatal(err)
	}
	// More than one frame each way.
	down := bytes.Repeat([]byte("0123456789abcdef"), 64)
	go client.Write(down)
	var got []byte
	for buf := make([]byte, 1000); len(got) < len(down); {
		n, err := dev.Recv(conn, buf, 0, time.Now().Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, buf[:n]...)
	}
	if !bytes.Equal(got, down) {
		t.Errorf("the board gets %d other bytes than were sent", len(got))
	}
	go func() {
		for rest := down; len(rest) > 0; {
			n, err := dev.Send(conn, rest, 0, time.Time{})
			if err != nil {
				t.Error(err)
				return
			}
			rest = rest[n:]
		}
	}()
	client.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.ReadFull(client, got); err != nil || !bytes.Equal(got, down) {
		t.Errorf("the client gets other bytes than the board has sent: %v", err)
	}
	io.WriteString(board, "printed by the board\r\n")
	c.find("printed by the board\r?\n")
	if status, said := c.interrupt(); status != 0 {
		t.Errorf("status %d after Ctrl-C, want 0; printed:\n%s", status, said)
	}
	wantFree(t, addr)
}
