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
	"testing"
	"time"
)

// TestErrorsAsGo: Windows' errors on the port are those on Go's own net, word for word,
// but for datagrams: Wine lacks a call that Go's net makes for each socket of them.
func TestErrorsAsGo(t *testing.T) {
	needWine(t)
	const program = "./test/e2e/testdata/errors"
	says := func(name string, build ...string) []string {
		exe := filepath.Join(scratch, name)
		goBuild(t, windows, build[0], append(build[1:], "build", "-o", exe, program)...)
		var out bytes.Buffer
		if err := run(&out, scratch, runLimit, wineEnv(), "wine", exe); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, &out)
		}
		said := slices.DeleteFunc(lines(out.String()), func(line string) bool {
			return strings.Contains(line, "udp") || strings.Contains(line, "datagram")
		})
		for i, line := range said {
			// Wine says one or the other, now and then, of the same program.
			const reset = "after a reset by the peer: read 0 bytes: "
			if answer, ok := strings.CutPrefix(line, reset); ok && (answer == "EOF" || strings.HasSuffix(answer, "| number 10054")) {
				said[i] = reset + "EOF, or number 10054"
			}
		}
		return said
	}
	want, got := says("plain.exe", "go"), says("port.exe", tinynet(t), "go")
	if len(want) < 30 {
		t.Errorf("Go's net gives %d lines, want 30 or more:\n%s", len(want), strings.Join(want, "\n"))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant what Go's own net says:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	t.Logf("%d lines are the same:\n%s", len(want), strings.Join(want, "\n"))
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
