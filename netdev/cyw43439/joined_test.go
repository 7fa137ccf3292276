//go:build linux

package cyw43439_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
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
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	// inNamespace is set for the test process that has a network of its own; it
	// names the folder of the programs.
	inNamespace = "TINYNET_RADIO_PROGRAMS"

	linuxAddr = "10.8.0.200" // Linux's, at the other end of the radio's network
	limit     = 60 * time.Second
)

// TestJoinedRun builds the examples webserver and http-get as they are, on the
// port, over driver, simulated radio and a TAP device, and runs TestJoined... in a
// network namespace where Linux is what is behind the access point.
func TestJoinedRun(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the port's standard library")
	}
	if runtime.GOARCH != "amd64" {
		t.Skip("the driver knows the byte order of amd64 and arm only")
	}
	if os.Getuid() != 0 {
		t.Skip("only root makes network namespaces and TAP devices")
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		t.Skip("there is no /dev/net/tun")
	}
	dir := t.TempDir()
	build(t, dir, "webserver", "http-get")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestJoined[^R]", "-test.v")
	cmd.Env = append(os.Environ(), inNamespace+"="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Skip("no network namespace: ", err)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: TestJoinedServer") {
		t.Errorf("%v\n%s", err, out)
	} else {
		t.Logf("%s", out)
	}
}

// build builds examples on the port, with the radio in the place of the
// computer's network.
func build(t *testing.T, dir string, examples ...string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	run := func(env []string, args ...string) {
		t.Helper()
		cmd := exec.Command("go", args...)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %q: %v\n%s", args, err, out)
		}
	}
	file := filepath.Join(dir, "overlay.json")
	run(nil, "run", "./cmd/tinynet", "overlay", "-o", file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var overlay struct{ Replace map[string]string }
	if err := json.Unmarshal(text, &overlay); err != nil {
		t.Fatal(err)
	}
	overlay.Replace[filepath.Join(root, "examples/internal/online/device_computer.go")] =
		filepath.Join(root, "netdev/cyw43439/testdata/online/device_computer.go")
	if text, err = json.Marshal(overlay); err != nil {
		t.Fatal(err)
	}
	work := filepath.Join(dir, "go.work")
	modules := fmt.Sprintf("go 1.24\n\nuse (\n\t%q\n\t%q\n\t%q\n)\n", root, filepath.Join(root, "netdev/lneto"), filepath.Join(root, "netdev/cyw43439"))
	for name, data := range map[string][]byte{file: text, work: []byte(modules)} {
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, example := range examples {
		run([]string{"GOWORK=" + work}, "build", "-tags=tinynet", "-overlay="+file, "-o", filepath.Join(dir, example), "./examples/"+example)
	}
}

// A board is a program that runs over the simulated radio.
type running struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan string
	ended chan error

	mu  sync.Mutex
	all bytes.Buffer
}

// start starts an example in the namespace; its DHCP servers are what answers.
func start(t *testing.T, example string, dhcp *dhcpServer, env []string, args ...string) *running {
	t.Helper()
	dir := os.Getenv(inNamespace)
	if dir == "" {
		t.Skip("TestJoinedRun runs it")
	}
	p := &running{t: t, cmd: exec.Command(filepath.Join(dir, example), args...), lines: make(chan string, 100), ended: make(chan error, 1)}
	p.cmd.Env = append(append(os.Environ(), "RADIO_LINUX="+linuxAddr+"/24"), env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = w, w
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(r); s.Scan(); {
			p.mu.Lock()
			fmt.Fprintln(&p.all, s.Text())
			p.mu.Unlock()
			p.lines <- s.Text()
		}
		r.Close()
	}()
	go func() { p.ended <- p.cmd.Wait() }()
	t.Cleanup(func() { p.cmd.Process.Kill() })
	p.expect("tap is up")
	dhcp.serve(t)
	return p
}

// expect waits for a line that begins so, and returns the rest of it.
func (p *running) expect(begin string) string {
	p.t.Helper()
	late := time.After(limit)
	for {
		select {
		case line, ok := <-p.lines:
			if rest, found := strings.CutPrefix(line, begin); found {
				return rest
			}
			if !ok {
				p.t.Fatalf("the program ends before it says %q; it says\n%s", begin, p.said())
			}
		case <-late:
			p.t.Fatalf("the program does not say %q within %v; it says\n%s", begin, limit, p.said())
		}
	}
}

func (p *running) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all.String()
}

// wait waits for the program's end.
func (p *running) wait() {
	p.t.Helper()
	for range p.lines {
	}
	if err := <-p.ended; err != nil {
		p.t.Errorf("the program ends with %v, and says\n%s", err, p.said())
	}
}

// A dhcpServer answers on Linux's UDP, with as many offers as it has addresses.
type dhcpServer struct {
	gives []string // what it offers, all at once; the first accepted counts

	mu       sync.Mutex
	declined []string
	asked    []string // for which server clients ask
	host     string   // what the client calls itself
}

const (
	dhcpDiscover = 1
	dhcpOffer    = 2
	dhcpRequest  = 3
	dhcpDecline  = 4
	dhcpAck      = 5
)

// serve answers clients until the test ends.
func (s *dhcpServer) serve(t *testing.T) {
	t.Helper()
	// Bound to the interface, for the namespace has no route to 255.255.255.255.
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		if cerr := c.Control(func(fd uintptr) {
			err = syscall.SetsockoptString(int(fd), syscall.SOL_SOCKET, syscall.SO_BINDTODEVICE, "tap0")
		}); cerr != nil {
			return cerr
		}
		return err
	}}
	conn, err := lc.ListenPacket(context.Background(), "udp4", ":67")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, _, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			for _, answer := range s.answers(buf[:n]) {
				conn.WriteTo(answer, &net.UDPAddr{IP: net.IPv4bcast, Port: 68})
			}
		}
	}()
}

// server is the address by which the server of offer i names itself. All are
// played by Linux.
func server(i int) []byte { return []byte{10, 8, 0, 200 + byte(i)} }

func (s *dhcpServer) answers(q []byte) (all [][]byte) {
	const options = 240
	if len(q) < options {
		return nil
	}
	var kind byte
	var id []byte
	var host string
	for o := q[options:]; len(o) > 2 && o[0] != 255 && len(o) >= 2+int(o[1]); o = o[2+int(o[1]):] {
		switch o[0] {
		case 53:
			kind = o[2]
		case 54:
			id = o[2 : 2+o[1]]
		case 12:
			host = string(o[2 : 2+o[1]])
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.host = host
	switch kind {
	case dhcpDecline:
		s.declined = append(s.declined, s.gives[0])
		s.gives = s.gives[1:]
	case dhcpRequest:
		s.asked = append(s.asked, net.IP(id).String())
	}
	for i, ip := range s.gives {
		if kind == dhcpRequest && !bytes.Equal(id, server(i)) || kind != dhcpRequest && kind != dhcpDiscover {
			continue
		}
		a := make([]byte, options, 300)
		copy(a, q[:44])
		a[0] = 2 // a reply
		copy(a[16:20], netip.MustParseAddr(ip).AsSlice())
		copy(a[236:], q[236:240])
		answer := byte(dhcpOffer)
		if kind == dhcpRequest {
			answer = dhcpAck
		}
		a = append(a, 53, 1, answer, 54, 4)
		a = append(append(a, server(i)...), 1, 4, 255, 255, 255, 0, 51, 4, 0, 0, 14, 16, 3, 4)
		a = append(append(a, server(i)...), 255)
		all = append(all, a)
	}
	return all
}

// TestJoinedServer serves the webserver example to a browser on Linux, loses the
// access point, and finds it again. The first address that DHCP offers is Linux's
// own, so that it has to be declined.
func TestJoinedServer(t *testing.T) {
	dhcp := &dhcpServer{gives: []string{linuxAddr, "10.8.0.77"}}
	dhcp.gives = dhcp.gives[:1]
	go func() { // the second one is offered once the first was declined
		for end := time.Now().Add(limit); time.Now().Before(end); <-time.After(10 * time.Millisecond) {
			dhcp.mu.Lock()
			if len(dhcp.declined) > 0 {
				dhcp.gives = []string{"10.8.0.77"}
				dhcp.mu.Unlock()
				return
			}
			dhcp.mu.Unlock()
		}
	}()
	p := start(t, "webserver", dhcp, nil, "-addr", ":80")
	if got := p.expect("joined as "); got != "10.8.0.77" {
		t.Errorf("the radio joins as %s, want 10.8.0.77", got)
	}
	dhcp.mu.Lock()
	if len(dhcp.declined) != 1 || dhcp.declined[0] != linuxAddr {
		t.Errorf("declined: %q, want Linux's own address", dhcp.declined)
	}
	dhcp.mu.Unlock()
	p.expect("listening on ")

	const page = "http://10.8.0.77/"
	client := &http.Client{Timeout: limit, Transport: &http.Transport{DisableKeepAlives: true}}
	get := func() (string, error) {
		resp, err := client.Get(page)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return string(body), err
	}
	if body, err := get(); err != nil || !strings.Contains(body, "<title>tinynet</title>") {
		t.Fatalf("the page: %v\n%s", err, body)
	}
	if resp, err := client.PostForm(page+"note", url.Values{"name": {"a visitor"}, "text": {"by radio"}}); err != nil {
		t.Error("POST: ", err)
	} else {
		resp.Body.Close()
	}
	t.Run("browser", func(t *testing.T) {
		chromium, err := exec.LookPath("chromium")
		if err != nil {
			t.Skip("no chromium on PATH")
		}
		cmd := exec.Command(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
			"--disable-background-networking", "--user-data-dir="+t.TempDir(), "--dump-dom", page)
		dom, err := cmd.Output()
		for _, want := range []string{"<title>tinynet</title>", `<output id="count">0</output>`, `id="text">by radio</blockquote>`} {
			if !strings.Contains(string(dom), want) {
				t.Errorf("the browser shows, with %v,\n%s\nwhich lacks %s", err, dom, want)
			}
		}
	})

	p.cmd.Process.Signal(syscall.SIGUSR1)
	p.expect("lost")
	client.Timeout = time.Second
	if _, err := get(); err == nil {
		t.Error("the page comes although the access point is gone")
	}
	p.cmd.Process.Signal(syscall.SIGUSR2)
	p.expect("found")
	client.Timeout = limit
	if body, err := get(); err != nil || !strings.Contains(body, "by radio") {
		t.Errorf("the page, after the access point is back: %v\n%s", err, body)
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.wait()
}

// TestJoinedClient fetches a page over https, with the http-get example, from a
// server on Linux. Two DHCP servers offer an address; one is asked for its own.
func TestJoinedClient(t *testing.T) {
	if os.Getenv(inNamespace) == "" {
		t.Skip("TestJoinedRun runs it")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.ParseIP(linuxAddr)},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o666); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", ":8443")
	if err != nil {
		t.Fatal(err)
	}
	const body = "a page from Linux, over TLS, by radio"
	seen := make(chan string, 1)
	srv := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			host, _, _ := net.SplitHostPort(r.RemoteAddr)
			seen <- host
			io.WriteString(w, body)
		}),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}},
	}
	go srv.ServeTLS(l, "", "")
	defer srv.Close()

	dhcp := &dhcpServer{gives: []string{"10.8.0.77", "10.8.0.78"}}
	p := start(t, "http-get", dhcp, []string{"SSL_CERT_FILE=" + roots}, "-url", "https://"+linuxAddr+":8443/")
	addr := p.expect("joined as ")
	p.wait()
	if !strings.Contains(p.said(), body) {
		t.Errorf("the program says\n%s\nwhich lacks the page", p.said())
	}
	if got := <-seen; got != addr {
		t.Errorf("the request comes from %s, want from %s", got, addr)
	}
	dhcp.mu.Lock()
	defer dhcp.mu.Unlock()
	if dhcp.host != "thermometer" {
		t.Errorf("the servers are told the name %q, want thermometer", dhcp.host)
	}
	want := map[string]string{"10.8.0.77": linuxAddr, "10.8.0.78": "10.8.0.201"}[addr]
	if len(dhcp.asked) == 0 || dhcp.asked[0] != want {
		t.Errorf("as %s the servers %q were asked, want %s", addr, dhcp.asked, want)
	}
}
