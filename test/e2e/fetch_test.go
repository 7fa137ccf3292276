//go:build unix

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const fetchProgram = "./test/e2e/testdata/fetch"

// TestFetch runs a program in headless Chromium, where http.Get has to be the
// browser's fetch.
func TestFetch(t *testing.T) {
	t.Parallel()
	chromium := chromiumPath(t)
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	goroot := strings.TrimSpace(string(out))
	program := filepath.Join(t.TempDir(), "fetch.wasm")
	p := launchWith(t, nil, []string{"GOOS=js", "GOARCH=wasm"}, tinynet(t), "go", "build", "-o", program, fetchProgram)
	if status := p.wait(t, startLimit); status != 0 {
		t.Fatalf("status %d:\n%s", status, p.said())
	}
	script := filepath.Join(goroot, "lib", "wasm", "wasm_exec.js")
	if matches, _ := filepath.Glob(script); len(matches) == 0 {
		script = filepath.Join(goroot, "misc", "wasm", "wasm_exec.js") // before Go 1.24
	}
	inBrowser(t, chromium, program, script)
}

// TestTinyGoFetch is the same program compiled by TinyGo, with TinyGo's own script.
func TestTinyGoFetch(t *testing.T) {
	needs(t, "tinygo")
	t.Parallel()
	chromium := chromiumPath(t)
	out, err := exec.Command("tinygo", "env", "TINYGOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "fetch.wasm")
	underTinyGo(t, "build", "-target=wasm", "-o", program, fetchProgram)
	inBrowser(t, chromium, program, filepath.Join(strings.TrimSpace(string(out)), "targets", "wasm_exec.js"))
}

// inBrowser serves the program to a browser, and what the program asks for: a
// redirect, a POST, a request that is left, and an answer that comes in parts.
func inBrowser(t *testing.T, chromium, program, script string) {
	t.Helper()
	reports := make(chan string, 1)
	goOn := make(chan struct{}, 1)
	left := make(chan struct{}, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, `<!doctype html><script src="/wasm_exec.js"></script><script>
const go = new Go();
WebAssembly.instantiateStreaming(fetch("/fetch.wasm"), go.importObject).then(r => go.run(r.instance));
</script>`)
	})
	mux.HandleFunc("/wasm_exec.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, script) })
	mux.HandleFunc("/fetch.wasm", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/wasm")
		http.ServeFile(w, r, program)
	})
	mux.HandleFunc("/old", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/new", http.StatusFound) })
	mux.HandleFunc("/new", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "new") })
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s", r.Method, body)
	})
	mux.HandleFunc("/never", func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		left <- struct{}{}
	})
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "first")
		w.(http.Flusher).Flush()
		select {
		case <-goOn:
			io.WriteString(w, "second")
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("/go-on", func(w http.ResponseWriter, r *http.Request) { goOn <- struct{}{} })
	mux.HandleFunc("/report", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		reports <- string(body)
	})
	server := httptest.NewServer(mux)
	defer server.Close()

	b := launch(t, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
		"--disable-background-networking", "--enable-logging=stderr", "--user-data-dir="+t.TempDir(), server.URL)
	limit := time.After(startLimit)
	select {
	case got := <-reports:
		const want = "redirect: 200 new\npost: 200 POST a body\ncancel: deadline exceeded\nstream: first, second\nloopback: 200 in memory\n"
		if got != want {
			t.Errorf("in the browser, got\n%s\nwant\n%s", got, want)
		}
	case <-limit:
		t.Fatalf("no report from the browser, which says:\n%s", b.said())
	}
	select {
	case <-left: // the browser told the server
	case <-limit:
		t.Error("the request that was left goes on at the server")
	}
}
