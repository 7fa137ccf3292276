package board_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tinynet/tinynet/internal/board"
	"github.com/tinynet/tinynet/netdev/tether/host"
	"github.com/tinynet/tinynet/netdev/w5500sim"
)

// self is where a board on a tether reaches 127.0.0.1 of this computer.
const self = "192.0.2.1"

// patience is the limit of what ends by itself, on a machine that is busy.
const patience = 3 * time.Minute

// A kind of board, and how to start it.
type kind struct {
	name  string
	start board.Starter
	port  uint16 // where the webserver example listens
}

// ethernet tells that the board has a network device of its own, and so neither a
// tether nor the date.
func (k kind) ethernet() bool { return k.name == board.W5500Pico }

// pico tells that the board is an emulated Pico, with the memory of one.
func (k kind) pico() bool { return k.name == board.Pico || k.name == board.W5500Pico }

// self is where the board reaches 127.0.0.1 of this computer.
func (k kind) self() string {
	if k.ethernet() {
		return "192.168.1.1"
	}
	return self
}

// kinds are the boards that can run here. The others are skipped.
func kinds(t *testing.T, test func(t *testing.T, k kind)) {
	t.Parallel()
	t.Run("wasm", func(t *testing.T) {
		t.Parallel()
		test(t, kind{"wasm", board.WASM, 8080})
	})
	t.Run("wasm as on Windows", func(t *testing.T) {
		t.Parallel()
		test(t, kind{"wasm", board.WASMAsOnWindows, 8080})
	})
	for _, q := range board.QEMUs {
		t.Run(q.Name, func(t *testing.T) {
			t.Parallel()
			for _, tool := range []string{"tinygo", q.Emulator} {
				if _, err := exec.LookPath(tool); err != nil {
					t.Skipf("no %s on PATH", tool)
				}
			}
			// TinyGo takes a minute for each program, and on a busy machine many.
			if d, ok := t.Deadline(); ok && time.Until(d) < 4*time.Minute {
				t.Skip("the time left may not be enough: go test -timeout 30m ./internal/board")
			}
			test(t, kind{q.Name, q.Start, 80})
		})
	}
	for _, name := range []string{board.Pico, board.W5500Pico} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath("tinygo"); err != nil {
				t.Skip("no tinygo on PATH")
			}
			start := pico(t)
			// The emulator runs at less than half of a Pico's speed.
			if d, ok := t.Deadline(); ok && time.Until(d) < 20*time.Minute {
				t.Skip("the time left may not be enough: go test -timeout 60m ./internal/board")
			}
			test(t, kind{name, start, 80})
		})
	}
}

var tinynet = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "tinynet-board-")
	if err != nil {
		return "", err
	}
	exe := filepath.Join(dir, "tinynet")
	out, err := exec.Command("go", "build", "-o", exe, "../../cmd/tinynet").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, out)
	}
	return exe, err
})

func TestMain(m *testing.M) {
	status := m.Run()
	if exe, _ := tinynet(); exe != "" {
		os.RemoveAll(filepath.Dir(exe))
	}
	os.Exit(status)
}

// build builds a package for a board.
func build(t *testing.T, k kind, pkg string, flags ...string) (file string) {
	t.Helper()
	exe, err := tinynet()
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "program")
	cmd := exec.Command(exe, append(append([]string{"run", "-board", k.name, "-o", file}, flags...), pkg)...)
	cmd.Env = append(os.Environ(), "GOROOT=") // the go command of a test sets it, and TinyGo has its own
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return file
}

// A running board, and this computer's end of its line.
type running struct {
	t       *testing.T
	kind    kind
	machine board.Machine
	line    *cutLine
	chip    *w5500sim.Chip // of the board with one

	mu      sync.Mutex
	changed *sync.Cond
	ports   map[string]netip.AddrPort // "tcp 80"
	ready   int                       // how often the guest has said so
	seen    map[string]bool           // random bytes
	printed bytes.Buffer
}

// run runs a program to the end of the test.
func run(t *testing.T, k kind, file string) *running {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	r := &running{t: t, kind: k, ports: map[string]netip.AddrPort{}, seen: map[string]bool{}}
	r.changed = sync.NewCond(&r.mu)
	listening := func(network string, port uint16, at netip.AddrPort) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.ports[fmt.Sprint(network, " ", port)] = at
		r.changed.Broadcast()
	}
	// What a program for wasm prints with println comes besides the line.
	p := board.Program{File: file, Name: "program", Cache: filepath.Join(cache, "tinynet"), Stderr: console{r}}
	if k.ethernet() {
		if p.Ethernet, err = (board.Cable{Loopback: true, Listening: listening}).W5500(); err != nil {
			t.Fatal(err)
		}
		r.chip = p.Ethernet
		t.Cleanup(func() { p.Ethernet.Close() })
	}
	ctx, cancel := context.WithCancel(context.Background())
	m, err := k.start(ctx, p)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	r.machine, r.line = m, &cutLine{ReadWriteCloser: m}
	served := make(chan struct{})
	go func() {
		defer close(served)
		if k.ethernet() {
			return
		}
		h := host.New(host.Config{
			AnyPort: true, Self: netip.MustParseAddr(self), Loopback: true,
			Publish: []host.Publish{{Board: 7}, {Board: 80}, {Board: 443}, {Board: 8080}},
			Console: console{r}, Listening: listening,
		})
		h.Serve(ctx, r.line)
		h.Close()
	}()
	t.Cleanup(func() {
		m.Close()
		cancel()
		<-served
		if t.Failed() {
			r.mu.Lock()
			defer r.mu.Unlock()
			t.Logf("the board printed:\n%s", &r.printed)
		}
	})
	return r
}

// A console keeps what a board prints.
type console struct{ r *running }

func (c console) Write(p []byte) (int, error) {
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	c.r.printed.Write(p)
	c.r.ready = strings.Count(c.r.printed.String(), "guest: ready")
	c.r.changed.Broadcast()
	return len(p), nil
}

// await waits until f is true of what the board has said and opened.
func (r *running) await(what string, f func() bool) {
	r.t.Helper()
	late := false
	timer := time.AfterFunc(patience, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		late = true
		r.changed.Broadcast()
	})
	defer timer.Stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	for !f() && !late {
		r.changed.Wait()
	}
	if late {
		r.t.Fatalf("%s: not within %v", what, patience)
	}
}

// at waits until the board listens on a port, and tells where that is here.
func (r *running) at(port string) string {
	r.t.Helper()
	r.await("listening on "+port, func() bool { return r.ports[port].IsValid() })
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ports[port].String()
}

// A cutLine can be cut.
type cutLine struct {
	io.ReadWriteCloser
	mu   sync.Mutex
	cut  bool
	come int // bytes from the board
}

// set cuts the line or mends it, and returns how much has come over it.
func (l *cutLine) set(cut bool) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
	return l.come
}

func (l *cutLine) isCut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cut
}

func (l *cutLine) Read(p []byte) (int, error) {
	for {
		n, err := l.ReadWriteCloser.Read(p)
		l.mu.Lock()
		cut := l.cut
		if !cut {
			l.come += n
		}
		l.mu.Unlock()
		if err != nil || !cut {
			return n, err
		}
	}
}

func (l *cutLine) Write(p []byte) (int, error) {
	if l.isCut() {
		return len(p), nil
	}
	return l.ReadWriteCloser.Write(p)
}

// TestWebserver fetches the example's page 1,000 times, with the standard
// client.
func TestWebserver(t *testing.T) {
	kinds(t, func(t *testing.T, k kind) {
		r := run(t, k, build(t, k, "../../examples/webserver"))
		page := "http://" + r.at(fmt.Sprint("tcp ", k.port)) + "/"
		client := &http.Client{Timeout: patience, Transport: &http.Transport{}}
		defer client.CloseIdleConnections()
		start := time.Now()
		for i := range 1000 {
			resp, err := client.Get(page)
			if err != nil {
				t.Fatalf("fetch %d: %v", i, err)
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || resp.StatusCode != 200 || !bytes.Contains(body, []byte("<h1>tinynet</h1>")) {
				t.Fatalf("fetch %d: %s, %v, and the page\n%s", i, resp.Status, err, body)
			}
		}
		t.Logf("1,000 fetches in %v", time.Since(start))
		if c, ok := r.machine.(board.Counted); ok {
			n, err := c.Counters()
			t.Logf("%+v, %v", n, err)
			client.CloseIdleConnections()
			t.Run("browser", func(t *testing.T) { browse(t, page) })
		}
	})
}

// browse does with Chromium what the page of the webserver example is for.
func browse(t *testing.T, page string) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium on PATH")
	}
	const dir = "../../test/e2e/browser" // a module of its own
	if out, err := exec.Command("go", "list", "-C", dir, ".").CombinedOutput(); err != nil {
		t.Skipf("the browser's driver cannot be built here: %v\n%s", err, out)
	}
	out, err := exec.Command("go", "test", "-C", dir, "-count=1", "-v", "-run", "^TestPage$", ".", "-args", "-chromium", chromium, "-url", strings.TrimSuffix(page, "/")).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// TestBehaviour runs the behaviour tests of net and net/http, all of them, in the
// sandbox, over the loopback and the simulated devices: there is no system below
// them.
func TestBehaviour(t *testing.T) {
	t.Parallel()
	inSandbox(t, "../../test/behaviour", "", 500)
}

// TestSecrecy runs the tests that nothing leaves in the clear that was to go by TLS,
// there, too.
func TestSecrecy(t *testing.T) {
	t.Parallel()
	for _, tags := range []string{"", "notls", "tlsoffload"} {
		t.Run("tags="+tags, func(t *testing.T) { inSandbox(t, "../../test/secrecy", tags, 500) })
	}
}

// inSandbox runs the tests of a package in the sandbox. Least is how many have to pass,
// with their parts.
func inSandbox(t *testing.T, pkg, tags string, least int) {
	t.Helper()
	exe, err := tinynet()
	if err != nil {
		t.Fatal(err)
	}
	if tags != "" {
		tags = "," + tags
	}
	file := filepath.Join(t.TempDir(), "tests.wasm")
	cmd := exec.Command(exe, "go", "test", "-c", "-tags", "tinynet_port"+tags, "-o", file, pkg)
	cmd.Env = append(os.Environ(), "GOROOT=", "GOOS=wasip1", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	files := t.TempDir()
	if err := os.Mkdir(filepath.Join(files, "tmp"), 0o777); err != nil {
		t.Fatal(err)
	}
	var said, printed bytes.Buffer
	m, err := board.WASM(context.Background(), board.Program{
		File: file, Name: filepath.Base(pkg), Args: []string{"-test.v", "-test.short"}, Files: files,
		Cache: filepath.Join(cache, "tinynet"), Stderr: &printed,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	_, err = said.ReadFrom(m)
	status, waitErr := m.Wait()
	passed := strings.Count(said.String(), "\n--- PASS: ")
	parts := strings.Count(said.String(), "\n    --- PASS: ")
	if err != nil || waitErr != nil || status != 0 || passed+parts < least {
		t.Errorf("status %d, %v, %v; %d tests and %d of their parts pass\n%s\n%s", status, err, waitErr, passed, parts, &said, &printed)
	}
	t.Logf("%d tests and %d of their parts pass", passed, parts)
}

// TestGuest runs the program of testdata/guest on each board.
func TestGuest(t *testing.T) {
	type part struct {
		name string
		f    func(*testing.T, *running, *http.Client)
	}
	parts := []part{
		{"https", testHTTPS},
		{"names", testNames},
		{"device", testDevice},
		{"random", testRandom},
		{"date", testDate},
		{"deadline", testDeadline},
		{"eight connections", testEight},
		{"UDP", testUDP},
		{"cut", testCut},
		{"reset", testReset},
	}
	kinds(t, func(t *testing.T, k kind) {
		file := build(t, k, "./testdata/guest")
		boots := [][]part{parts}
		if k.pico() {
			// After https, no eight stacks more fit into a Pico's memory: docs/boards.md.
			eight := slices.IndexFunc(parts, func(p part) bool { return p.name == "eight connections" })
			boots = [][]part{parts[:eight], parts[eight:]}
		}
		for i, parts := range boots {
			t.Run(fmt.Sprint("boot ", i+1), func(t *testing.T) {
				if i > 0 && k.ethernet() {
					// A connection over the W5500's driver takes up to three stacks, and needs less of each.
					file = build(t, k, "./testdata/guest", "-stack-size", "4kb")
				}
				r := run(t, k, file)
				r.at("tcp 80")
				client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
				for _, part := range parts {
					t.Run(part.name, func(t *testing.T) {
						switch part.name {
						case "names", "device", "date", "cut":
							if k.ethernet() {
								t.Skip("the board has no tether, which brings those")
							}
						}
						part.f(t, r, client)
					})
				}
				t.Run("exit", func(t *testing.T) { testExit(t, r, client) })
			})
		}
	})
}

// TestPeak: of a program that has a known amount of memory in use, that is measured.
func TestPeak(t *testing.T) {
	kinds(t, func(t *testing.T, k kind) {
		if k.name == "wasm" {
			t.Skip("memory is measured on TinyGo's boards")
		}
		start := k.start
		k.start = func(ctx context.Context, p board.Program) (board.Machine, error) {
			p.Measure = true
			return start(ctx, p)
		}
		r := run(t, k, build(t, k, "./testdata/peak", "-stats", "-stack-size", "16kb"))
		c, err := net.Dial("tcp", r.at("tcp 7"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.Write([]byte{1})
		if status, err := r.machine.Wait(); err != nil || status != 3 {
			t.Errorf("status %d, %v", status, err)
		}
		p, err := r.machine.(board.Measured).Peak()
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v", p)
		other := p.Heap - p.Stacks
		if other < 100_000 || other > 120_000 || p.Goroutines < 2 || p.Stacks < p.Goroutines*16384 || p.Stacks > p.Goroutines*(16384+2*16) { // with the collector's head
			t.Errorf("%d bytes of heap in use, with %d in %d stacks", p.Heap, p.Stacks, p.Goroutines)
		}
		if p.Deepest < 6_000 || p.Deepest > 12_000 {
			t.Errorf("%d bytes of a stack in use", p.Deepest)
		}
		if p.Static < 1_000 || p.System < 50 || p.Allocated < p.Heap || p.Looks == 0 {
			t.Errorf("%+v", p)
		}
	})
}

// page is a URL of the guest.
func (r *running) page(path string, query url.Values) string {
	return "http://" + r.at("tcp 80") + path + "?" + query.Encode()
}

// fetch returns what the guest answers.
func fetch(t *testing.T, resp *http.Response, err error) (status int, body string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

// certificate makes one that signs itself.
func certificate(t *testing.T) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tinynet test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.ParseIP(self), net.ParseIP(kind{name: board.W5500Pico}.self())},
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

// openssl runs OpenSSL's server to the end of the test, and returns its port.
func openssl(t *testing.T, cert, key []byte) (port string) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("no openssl on PATH")
	}
	dir := t.TempDir()
	for name, data := range map[string][]byte{"cert.pem": cert, "key.pem": key} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "cert.pem", "-key", "key.pem", "-www")
	cmd.Dir = dir
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	var said []byte
	buf := make([]byte, 1024)
	for {
		n, err := out.Read(buf)
		said = append(said, buf[:n]...)
		if _, rest, ok := bytes.Cut(said, []byte("ACCEPT 127.0.0.1:")); ok {
			if at, _, ok := bytes.Cut(rest, []byte("\n")); ok {
				go io.Copy(io.Discard, out)
				return strings.TrimSpace(string(at))
			}
		}
		if err != nil {
			t.Fatalf("openssl s_server: %v\n%s", err, said)
		}
	}
}

// The board verifies the certificate of OpenSSL's server, and refuses one that
// it has no reason to trust.
func testHTTPS(t *testing.T, r *running, client *http.Client) {
	cert, key := certificate(t)
	port := openssl(t, cert, key)
	if status, body := secret(t, r, client, port, cert); status != 200 || !strings.Contains(body, "s_server") {
		t.Errorf("https: status %d\n%s", status, body)
	}
	other, _ := certificate(t)
	if status, body := secret(t, r, client, port, other); status != http.StatusBadGateway || !strings.Contains(body, "x509") {
		t.Errorf("https with a certificate that is not trusted: status %d\n%s", status, body)
	}
}

// secret has the board get a page by https, with a Transport of its own that trusts one
// certificate.
func secret(t *testing.T, r *running, client *http.Client, port string, trusted []byte) (status int, body string) {
	t.Helper()
	query := url.Values{"url": {"https://" + net.JoinHostPort(r.kind.self(), port) + "/"}}
	if r.kind.ethernet() { // it has no clock
		query.Set("time", fmt.Sprint(time.Now().Unix()))
	}
	resp, err := client.Post(r.page("/get", query), "text/plain", bytes.NewReader(trusted))
	return fetch(t, resp, err)
}

func testNames(t *testing.T, r *running, client *http.Client) {
	resp, err := client.Get(r.page("/lookup", url.Values{"name": {"192.0.2.77"}}))
	if status, body := fetch(t, resp, err); status != 200 || body != "192.0.2.77\n" {
		t.Errorf("an address: %d, %q", status, body)
	}
	resp, err = client.Get(r.page("/lookup", url.Values{"name": {"nobody.invalid"}}))
	if status, body := fetch(t, resp, err); status != http.StatusNotFound || !strings.Contains(body, "nobody.invalid") {
		t.Errorf("no name: %d, %q", status, body)
	}
}

// random has random bytes from the board, which must be new.
func (r *running) random(t *testing.T, client *http.Client) {
	t.Helper()
	resp, err := client.Get(r.page("/random", nil))
	status, body := fetch(t, resp, err)
	if status != 200 || len(body) != 32 || r.seen[body] {
		t.Errorf("random bytes: status %d, %q, among %d others: %v", status, body, len(r.seen), r.seen[body])
	}
	r.seen[body] = true
}

// testDevice: a program that does without package net has the tether, too.
func testDevice(t *testing.T, r *running, client *http.Client) {
	resp, err := client.Get(r.page("/device", url.Values{"name": {"192.0.2.78"}}))
	if status, body := fetch(t, resp, err); status != 200 || body != "192.0.2.78" {
		t.Errorf("the device: %d, %q", status, body)
	}
}

func testRandom(t *testing.T, r *running, client *http.Client) {
	for range 3 {
		r.random(t, client)
	}
}

// testDate: the board knows what day it is.
func testDate(t *testing.T, r *running, client *http.Client) {
	resp, err := client.Get(r.page("/date", nil))
	status, body := fetch(t, resp, err)
	date, err := time.Parse(time.RFC3339, body)
	if status != 200 || err != nil || time.Since(date).Abs() > patience {
		t.Errorf("status %d, %q, %v; it is %v", status, body, err, time.Now())
	}
}

// testDeadline: a board's deadline takes as long as it says, by the board's clock
// and by this computer's.
func testDeadline(t *testing.T, r *running, client *http.Client) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	const wait = 700 * time.Millisecond
	start := time.Now()
	resp, err := client.Get(r.page("/late", url.Values{"addr": {net.JoinHostPort(r.kind.self(), port)}, "wait": {wait.String()}}))
	status, body := fetch(t, resp, err)
	took := time.Since(start)
	theirs, err := time.ParseDuration(body)
	if status != 200 || err != nil {
		t.Fatalf("status %d: %s", status, body)
	}
	// The clocks agree: what the board measures lies within what is measured here.
	if theirs < wait || theirs > took+50*time.Millisecond || took < wait-50*time.Millisecond {
		t.Errorf("a deadline after %v passes after %v on the board, %v here", wait, theirs, took)
	}
}

// testEight has eight connections at once, each of which is answered.
func testEight(t *testing.T, r *running, _ *http.Client) {
	at := r.at("tcp 7")
	var open, done sync.WaitGroup
	open.Add(8)
	for i := range 8 {
		done.Add(1)
		go func() {
			defer done.Done()
			c, err := net.Dial("tcp", at)
			open.Done()
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(patience))
			open.Wait() // all are there
			for round := range 20 {
				text := fmt.Sprintf("connection %d says %d", i, round)
				if _, err := io.WriteString(c, text); err != nil {
					t.Error(err)
					return
				}
				got := make([]byte, len(text))
				if _, err := io.ReadFull(c, got); err != nil || string(got) != text {
					t.Errorf("%q comes back as %q, %v", text, got, err)
					return
				}
			}
		}()
	}
	done.Wait()
}

func testUDP(t *testing.T, r *running, _ *http.Client) {
	c, err := net.Dial("udp", r.at("udp 7"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	buf := make([]byte, 2000)
	for _, size := range []int{1, 0, 500, 1400} {
		if size == 0 && r.kind.ethernet() {
			continue // the W5500 sends no empty datagrams
		}
		sent := bytes.Repeat([]byte{byte(size)}, size)
		if _, err := c.Write(sent); err != nil {
			t.Fatal(err)
		}
		if n, err := c.Read(buf); err != nil || !bytes.Equal(buf[:n], sent) {
			t.Errorf("of %d bytes %d come back, or others: %v", size, n, err)
		}
	}
}

// testCut cuts the line in the middle of a transfer, and mends it.
func testCut(t *testing.T, r *running, client *http.Client) {
	const size = 1_000_000
	before := r.line.set(false)
	resp, err := client.Get(r.page("/bytes", url.Values{"n": {fmt.Sprint(size)}}))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got := make([]byte, size)
	if _, err := io.ReadFull(resp.Body, got[:size/10]); err != nil {
		t.Fatal(err)
	}
	if come := r.line.set(true) - before; come >= size {
		t.Fatalf("all has come before the line is cut: %d bytes", come)
	}
	quiet := make(chan struct{})
	time.AfterFunc(time.Second, func() {
		r.line.set(false)
		close(quiet)
	})
	if _, err := io.ReadFull(resp.Body, got[size/10:]); err != nil {
		t.Fatal(err)
	}
	<-quiet
	for i, b := range got {
		if b != byte(i%251) {
			t.Fatalf("byte %d is %d", i, b)
		}
	}
}

// testReset resets the board while clients are connected. They see the end of
// their connections, and the board serves others.
func testReset(t *testing.T, r *running, client *http.Client) {
	at := r.at("tcp 7")
	var clients []net.Conn
	for range 3 {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		io.WriteString(c, "x")
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		clients = append(clients, c)
	}
	r.mu.Lock()
	before := r.ready
	clear(r.ports)
	r.mu.Unlock()
	if err := r.machine.Reset(); err != nil {
		t.Fatal(err)
	}
	for _, c := range clients {
		if r.kind.ethernet() { // the chip forgets its connections without a word
			for err := error(nil); err == nil; {
				if _, err = io.WriteString(c, "x"); errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("a client that writes is not told that its connection is gone")
				}
			}
			continue
		}
		if n, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a client reads %d bytes, %v", n, err)
		}
	}
	if r.kind.ethernet() {
		r.at("tcp 80")
	} else {
		r.await("the board after its reset", func() bool { return r.ready > before })
	}
	r.random(t, client)
	testEight(t, r, client)
}

// testExit ends the program.
func testExit(t *testing.T, r *running, client *http.Client) {
	// There is no answer, and a W5500 keeps a connection when its program has ended.
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", r.page("/exit", url.Values{"status": {"3"}}), nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		if resp, err := client.Do(req); err == nil {
			resp.Body.Close()
		}
	}()
	status, err := r.machine.Wait()
	if err != nil || status != 3 {
		t.Errorf("got status %d, %v, want 3", status, err)
	}
	if r.chip == nil {
		return
	}
	// With the chip, all is free that was the board's here.
	r.chip.Close()
	l, err := net.Listen("tcp", r.at("tcp 80"))
	if err != nil {
		t.Fatalf("the board's port after its end: got %v, want that it is free", err)
	}
	l.Close()
}
