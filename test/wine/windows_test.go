package wine

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tinynet/tinynet/test/internal/trouble"
)

// errorsPrograms builds the program that meets errors on Go's own net and on the port.
var errorsPrograms = sync.OnceValue(func() error {
	const program = "./test/e2e/testdata/errors"
	command, err := native()
	if err != nil {
		return err
	}
	for name, build := range map[string][]string{"plain.exe": {"go"}, "port.exe": {command, "go"}} {
		args := append(build[1:], "build", "-o", filepath.Join(scratch, name), program)
		if err := run(nil, root, buildLimit, windows, build[0], args...); err != nil {
			return err
		}
	}
	return nil
})

// comparable leaves out of the lines of that program what Wine makes differ: datagrams,
// as Wine lacks a call that Go's net makes for each socket of them, and the reset of a
// peer, which Wine reports in one way or another, now and then, of the same program.
func comparable(out string) []string {
	said := slices.DeleteFunc(lines(out), func(line string) bool {
		asked := strings.HasPrefix(line, "look up with PreferGo") && strings.Contains(line, " []: ") // a server, by a datagram
		return strings.Contains(line, "udp") || strings.Contains(line, "datagram") || asked
	})
	for i, line := range said {
		const reset = "after a reset by the peer: read 0 bytes: "
		if answer, ok := strings.CutPrefix(line, reset); ok && (answer == "EOF" || strings.HasSuffix(answer, "| number 10054")) {
			said[i] = reset + "EOF, or number 10054"
		}
	}
	return said
}

// TestErrorsAsGo: Windows' errors on the port are those on Go's own net, word for word.
func TestErrorsAsGo(t *testing.T) {
	needWine(t)
	if err := errorsPrograms(); err != nil {
		t.Fatal(err)
	}
	says := func(name string) []string {
		var out bytes.Buffer
		if err := run(&out, scratch, runLimit, wineEnv(), "wine", filepath.Join(scratch, name)); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, &out)
		}
		return comparable(out.String())
	}
	want := says("plain.exe")
	trouble.Same(t, says("port.exe"), want)
}

// TestTroubleAsGo is the same on Windows without IPv6, with broken hosts files, with
// routes that refuse, without a resolver. Wine's server makes the sockets, and the C
// library looks names up for it, so both are within a computer that has the trouble;
// Windows' own hosts file is read by Go's resolver only.
func TestTroubleAsGo(t *testing.T) {
	needWine(t)
	trouble.Need(t)
	if err := errorsPrograms(); err != nil {
		t.Fatal(err)
	}
	hosts := filepath.Join(scratch, "prefix", "drive_c", "windows", "system32", "drivers", "etc", "hosts")
	for _, w := range trouble.Worlds {
		t.Run(w.Name, func(t *testing.T) {
			endWine() // the one that runs has this computer's sockets
			if err := os.MkdirAll(filepath.Dir(hosts), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(hosts, []byte(w.Hosts), 0o666); err != nil {
				t.Fatal(err)
			}
			defer os.Remove(hosts)
			says := func(name string) []string {
				return comparable(w.Says(t, wineEnv(), `status=0; wine "$@" || status=$?; wineserver -k || :; wineserver -w; exit $status`,
					append([]string{filepath.Join(scratch, name)}, trouble.Refused...)...))
			}
			want := says("plain.exe")
			trouble.Same(t, says("port.exe"), want)
		})
	}
}

// TestPage serves the README's page from Windows to this computer.
func TestPage(t *testing.T) {
	needWine(t)
	exe := filepath.Join(scratch, "webserver.exe")
	goBuild(t, windows, tinynet(t), "go", "build", "-o", exe, "./examples/webserver")
	cmd := exec.Command("wine", exe, "-addr", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), wineEnv()...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	watch := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer func() {
		watch.Stop()
		cmd.Process.Kill()
		cmd.Wait()
	}()
	var said strings.Builder
	var url string
	for buf := make([]byte, 100); url == ""; {
		n, err := out.Read(buf)
		said.Write(buf[:n])
		if m := regexp.MustCompile(`(http://127\.0\.0\.1:[0-9]+)\s`).FindStringSubmatch(said.String()); m != nil {
			url = m[1]
		} else if err != nil {
			t.Fatalf("it does not say where it listens: %v\n%s", err, &said)
		}
	}
	client := http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{Proxy: nil}}
	defer client.CloseIdleConnections()
	for range 2 { // over one connection
		r, err := client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || r.StatusCode != 200 || !strings.Contains(string(page), "<h1>tinynet</h1>") {
			t.Errorf("status %d, %v:\n%s", r.StatusCode, err, page)
		}
	}
	var again bytes.Buffer
	err = run(&again, scratch, runLimit, wineEnv(), "wine", exe, "-addr", strings.TrimPrefix(url, "http://"))
	if err == nil || !strings.Contains(again.String(), "bind: ") {
		t.Errorf("a second server on the port: %v\n%s", err, &again)
	}
}
