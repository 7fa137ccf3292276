//go:build tinynet_port

package interop_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var certificates string // the folder

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if certificates, err = os.MkdirTemp("", "interop-"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(certificates)
		if err := issueAll(certificates); err != nil {
			panic(err)
		}
		return m.Run()
	}())
}

// A peer is somebody else's TLS.
type peer struct {
	name string
	// serve starts a server and returns its address.
	serve func(t *testing.T, s side) string
	// call has a client connect, and returns what it says: an outcome if it is
	// Go's, else its text.
	call func(t *testing.T, s side, addr string) string
}

func peers(t *testing.T) []peer {
	all := []peer{{"Go", goServes, goCalls}, {"OpenSSL", opensslServes, opensslCalls}}
	if os.Getenv(peerVar+"_BINARY") == "" {
		all = all[1:]
	}
	if _, err := exec.LookPath("openssl"); err != nil {
		all = slices.DeleteFunc(all, func(p peer) bool { return p.name == "OpenSSL" })
	}
	if len(all) == 0 {
		t.Skip("there is neither openssl on PATH nor a Go peer (run go test ./test/interop)")
	}
	return all
}

// start runs a command until the test ends, and returns its first line of
// output that begins with the prefix.
func start(t *testing.T, cmd *exec.Cmd, prefix string) string {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	cmd.WaitDelay = limit
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	first := make(chan string, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r := bufio.NewReader(out)
		for {
			line, err := r.ReadString('\n')
			if strings.HasPrefix(line, prefix) {
				select {
				case first <- strings.TrimSpace(strings.TrimPrefix(line, prefix)):
				default:
				}
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		in.Close()
		cmd.Process.Kill()
		<-ended
		cmd.Wait()
		if t.Failed() && errs.Len() > 0 {
			t.Logf("%s: %s", cmd.Args[0], errs.String())
		}
	})
	select {
	case line := <-first:
		return line
	case <-ended:
		t.Fatalf("%s ended", cmd)
	case <-time.After(limit):
		t.Fatalf("%s does not start", cmd)
	}
	return ""
}

func goPeer(t *testing.T, role string, s side) *exec.Cmd {
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Getenv(peerVar + "_BINARY"))
	cmd.Env = append(os.Environ(), peerVar+"="+role, peerVar+"_SIDE="+string(text), peerVar+"_DIR="+certificates)
	return cmd
}

func goServes(t *testing.T, s side) string { return start(t, goPeer(t, "server", s), "") }

func goCalls(t *testing.T, s side, addr string) string {
	out, err := goPeer(t, addr, s).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func file(name string) string { return filepath.Join(certificates, name+".pem") }

var opensslVersions = map[uint16]string{tls.VersionTLS10: "-tls1", tls.VersionTLS11: "-tls1_1", tls.VersionTLS12: "-tls1_2", tls.VersionTLS13: "-tls1_3"}

var opensslSuites = map[uint16]string{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256:       "ECDHE-ECDSA-AES128-GCM-SHA256",
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384:       "ECDHE-ECDSA-AES256-GCM-SHA384",
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-ECDSA-CHACHA20-POLY1305",
	tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:         "ECDHE-RSA-AES128-GCM-SHA256",
	tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384:         "ECDHE-RSA-AES256-GCM-SHA384",
	tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256:   "ECDHE-RSA-CHACHA20-POLY1305",
	tls.TLS_AES_128_GCM_SHA256:                        "TLS_AES_128_GCM_SHA256",
	tls.TLS_AES_256_GCM_SHA384:                        "TLS_AES_256_GCM_SHA384",
	tls.TLS_CHACHA20_POLY1305_SHA256:                  "TLS_CHACHA20_POLY1305_SHA256",
}

var opensslCurves = map[tls.CurveID]string{tls.X25519: "X25519", tls.CurveP256: "P-256", tls.CurveP384: "P-384", tls.CurveP521: "P-521"}

// options are a side's in OpenSSL's words.
func (s side) options(t *testing.T, server bool) []string {
	var args []string
	if s.Max != 0 && s.Min == s.Max {
		args = append(args, opensslVersions[s.Max])
	}
	for _, suite := range s.Suites {
		name := opensslSuites[suite]
		if name == "" {
			t.Fatalf("no name for suite %#x", suite)
		}
		if strings.HasPrefix(name, "TLS_") {
			args = append(args, "-ciphersuites", name)
		} else {
			args = append(args, "-cipher", name)
		}
	}
	for _, curve := range s.Curves {
		args = append(args, "-groups", opensslCurves[curve])
	}
	if s.Pair != "" {
		args = append(args, "-cert", file(s.Pair), "-cert_chain", file(s.Pair), "-key", file(s.Pair+".key"))
	}
	if s.Roots != "" {
		args = append(args, "-CAfile", file(s.Roots))
	}
	if len(s.Protos) > 0 {
		args = append(args, "-alpn", strings.Join(s.Protos, ","))
	}
	if s.WantClient {
		args = append(args, "-Verify", "3", "-verify_return_error")
	}
	if s.Name != "" && !server {
		args = append(args, "-servername", s.Name, "-verify_hostname", s.Name, "-verify_return_error")
	}
	return args
}

// opensslServes starts a server that sends each line back in reverse.
func opensslServes(t *testing.T, s side) string {
	args := append([]string{"s_server", "-accept", "127.0.0.1:0", "-rev"}, s.options(t, true)...)
	return start(t, exec.Command("openssl", args...), "ACCEPT ")
}

func opensslCalls(t *testing.T, s side, addr string) string {
	args := append([]string{"s_client", "-connect", addr}, s.options(t, false)...)
	cmd := exec.Command("openssl", args...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := time.AfterFunc(limit, func() { cmd.Process.Kill() })
	defer stop.Stop()
	io.WriteString(in, "ping\n")
	var text strings.Builder
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadString('\n')
		text.WriteString(line)
		if line == "ping\n" {
			in.Close() // answered
		}
		if err != nil {
			break
		}
	}
	in.Close()
	cmd.Wait()
	return text.String()
}

// agreements are what both sides can agree on.
var agreements = []struct {
	name           string
	client, server side
	resumes        bool
}{
	{name: "as it comes", server: side{Pair: "p256"}},
	{name: "TLS 1.2", client: side{Min: tls.VersionTLS12, Max: tls.VersionTLS12}, server: side{Pair: "p256"}},
	{name: "TLS 1.3", client: side{Min: tls.VersionTLS13, Max: tls.VersionTLS13}, server: side{Pair: "p256"}},
	{name: "RSA", server: side{Pair: "rsa"}},
	{name: "RSA, TLS 1.2", client: side{Min: tls.VersionTLS12, Max: tls.VersionTLS12}, server: side{Pair: "rsa"}},
	{name: "leaf P-384", server: side{Pair: "p384"}},
	{name: "leaf P-521", server: side{Pair: "p521"}},
	{name: "chain out of order", server: side{Pair: "mixed"}},
	{name: "X25519", client: side{Curves: []tls.CurveID{tls.X25519}}, server: side{Pair: "p256"}},
	{name: "P-256", client: side{Curves: []tls.CurveID{tls.CurveP256}}, server: side{Pair: "p256"}},
	{name: "P-384", client: side{Curves: []tls.CurveID{tls.CurveP384}}, server: side{Pair: "p256"}},
	{name: "P-521", client: side{Curves: []tls.CurveID{tls.CurveP521}}, server: side{Pair: "p256"}},
	{name: "retried with P-384", server: side{Pair: "p256", Curves: []tls.CurveID{tls.CurveP384}}},
	{name: "ALPN", client: side{Protos: []string{"other", "board"}}, server: side{Pair: "p256", Protos: []string{"board"}}},
	{name: "client certificate", client: side{Pair: "client"}, server: side{Pair: "p256", WantClient: true, Roots: "roots"}},
	{name: "client certificate, TLS 1.2", client: side{Pair: "client", Max: tls.VersionTLS12, Min: tls.VersionTLS12}, server: side{Pair: "p256", WantClient: true, Roots: "roots"}},
	{name: "ECDSA AES-128", client: side12(tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256), server: side{Pair: "p256"}},
	{name: "ECDSA AES-256", client: side12(tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384), server: side{Pair: "p256"}},
	{name: "ECDSA ChaCha20", client: side12(tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256), server: side{Pair: "p256"}},
	{name: "RSA AES-128", client: side12(tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256), server: side{Pair: "rsa"}},
	{name: "RSA AES-256", client: side12(tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384), server: side{Pair: "rsa"}},
	{name: "RSA ChaCha20", client: side12(tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256), server: side{Pair: "rsa"}},
}

func side12(suite uint16) side {
	return side{Min: tls.VersionTLS12, Max: tls.VersionTLS12, Suites: []uint16{suite}}
}

func TestAgreements(t *testing.T) {
	for _, p := range peers(t) {
		for _, a := range agreements {
			a.client.Roots, a.client.Name = "roots", "board.example"
			check := func(t *testing.T, o outcome, byServer bool) {
				t.Helper()
				if o.Error != "" {
					t.Fatalf("failed: %s", o.Error)
				}
				if a.client.Max != 0 && o.Version != a.client.Max {
					t.Errorf("version %s", tls.VersionName(o.Version))
				}
				if a.client.Suites != nil && o.Suite != a.client.Suites[0] {
					t.Errorf("suite %s", tls.CipherSuiteName(o.Suite))
				}
				if len(a.client.Protos) > 0 && o.Proto != "board" {
					t.Errorf("protocol %q", o.Proto)
				}
				if want := map[bool]string{true: a.client.Pair, false: a.server.Pair}[byServer]; o.Peer != want {
					t.Errorf("the peer is %q, not %q", o.Peer, want)
				}
			}
			t.Run(p.name+" serves/"+a.name, func(t *testing.T) {
				addr := p.serve(t, a.server)
				all, err := a.client.call(certificates, addr)
				if err != nil {
					t.Fatal(err)
				}
				check(t, all[0], false)
				if got := strings.TrimSpace(all[0].Received); got != "ping" && got != "gnip" {
					t.Errorf("it answered %q", got)
				}
			})
			t.Run(p.name+" calls/"+a.name, func(t *testing.T) {
				addr, outcomes := serve(t, a.server)
				said := p.call(t, a.client, addr)
				check(t, next(t, outcomes, said), true)
				if !strings.Contains(said, "ping") {
					t.Errorf("the client said:\n%s", said)
				}
			})
		}
	}
}

// serve answers on the port.
func serve(t *testing.T, s side) (addr string, outcomes chan outcome) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	outcomes = make(chan outcome, 10)
	ended := make(chan error, 1)
	go func() { ended <- s.answer(certificates, l, func(o outcome) { outcomes <- o }) }()
	t.Cleanup(func() {
		l.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String(), outcomes
}

func next(t *testing.T, outcomes chan outcome, said string) outcome {
	t.Helper()
	select {
	case o := <-outcomes:
		return o
	case <-time.After(limit):
		t.Fatalf("the server has seen nothing; the client said:\n%s", said)
	}
	return outcome{}
}

// refusals are what the port, as a client, has to refuse, and the words for it.
var refusals = []struct {
	name           string
	client, server side
	want           string
}{
	{"wrong host", side{Name: "other.example"}, side{Pair: "p256"}, "not other.example"},
	{"expired", side{}, side{Pair: "expired"}, "expired"},
	{"self-signed", side{}, side{Pair: "selfsigned"}, "unknown authority"},
	{"without its chain", side{}, side{Pair: "lonely"}, "unknown authority"},
	{"unknown root", side{Roots: "rsaroot"}, side{Pair: "p256"}, "unknown authority"},
	{"no common version", side{Min: tls.VersionTLS13}, side{Pair: "p256", Min: tls.VersionTLS12, Max: tls.VersionTLS12}, "version"},
	{"certificate required", side{Min: tls.VersionTLS12, Max: tls.VersionTLS12}, side{Pair: "p256", WantClient: true, Roots: "roots"}, "alert"},
}

func TestRefusals(t *testing.T) {
	for _, p := range peers(t) {
		for _, r := range refusals {
			t.Run(p.name+"/"+r.name, func(t *testing.T) {
				if r.client.Roots == "" {
					r.client.Roots = "roots"
				}
				if r.client.Name == "" {
					r.client.Name = "board.example"
				}
				all, err := r.client.call(certificates, p.serve(t, r.server))
				if err != nil {
					t.Fatal(err)
				}
				if got := all[0].Error; !strings.Contains(got, r.want) && !(r.want == "alert" && strings.Contains(got, "remote error")) {
					t.Errorf("the error is %q, not about %q", got, r.want)
				}
				if all[0].Received != "" {
					t.Errorf("received %q all the same", all[0].Received)
				}
			})
		}
	}
}

// TestRefusalsOfServer has clients refuse the port's server, and looks for the
// alert there.
func TestRefusalsOfServer(t *testing.T) {
	for _, p := range peers(t) {
		for _, r := range refusals[:3] {
			t.Run(p.name+"/"+r.name, func(t *testing.T) {
				addr, outcomes := serve(t, r.server)
				r.client.Roots = "roots"
				if r.client.Name == "" {
					r.client.Name = "board.example"
				}
				// In TLS 1.3 OpenSSL sends such an alert in the clear, as a record
				// that is not authentic.
				r.client.Min, r.client.Max = tls.VersionTLS12, tls.VersionTLS12
				said := p.call(t, r.client, addr)
				o := next(t, outcomes, said)
				if !strings.Contains(o.Error, "remote error: tls:") {
					t.Errorf("the server saw %q; the client said:\n%s", o.Error, said)
				}
			})
		}
	}
}

func TestResumption(t *testing.T) {
	for _, p := range peers(t) {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			s := side{Min: version, Max: version, Roots: "roots", Name: "board.example", Times: 2}
			t.Run(p.name+" serves/"+tls.VersionName(version), func(t *testing.T) {
				all, err := s.call(certificates, p.serve(t, side{Pair: "p256"}))
				if err != nil {
					t.Fatal(err)
				}
				if all[0].Error+all[1].Error != "" || all[0].Resumed || !all[1].Resumed {
					t.Errorf("%+v", all)
				}
			})
			t.Run(p.name+" calls/"+tls.VersionName(version), func(t *testing.T) {
				addr, outcomes := serve(t, side{Pair: "p256"})
				if p.name == "Go" {
					p.call(t, s, addr)
				} else {
					ticket := filepath.Join(t.TempDir(), "ticket")
					for _, how := range []string{"-sess_out", "-sess_in"} {
						cmd := exec.Command("openssl", append([]string{"s_client", "-connect", addr, how, ticket, "-ign_eof"}, s.options(t, false)...)...)
						cmd.Stdin = strings.NewReader("ping\n")
						cmd.WaitDelay = limit
						if err := cmd.Start(); err != nil {
							t.Fatal(err)
						}
						kill := time.AfterFunc(limit, func() { cmd.Process.Kill() })
						o := next(t, outcomes, "")
						if want := how == "-sess_in"; o.Resumed != want || o.Error != "" {
							t.Errorf("with %s: %+v", how, o)
						}
						// In TLS 1.3 the ticket comes after the handshake.
						waitFor(t, func() bool { fi, err := os.Stat(ticket); return err == nil && fi.Size() > 0 })
						cmd.Process.Kill()
						cmd.Wait()
						kill.Stop()
					}
					return
				}
				first, second := next(t, outcomes, ""), next(t, outcomes, "")
				// The server handles connections side by side: the outcome of the
				// second may be here first.
				if first.Error+second.Error != "" || first.Resumed == second.Resumed {
					t.Errorf("not one of them resumed: %+v, %+v", first, second)
				}
			})
		}
	}
}

// waitFor polls, with a limit.
func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	end := time.After(limit)
	for !done() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("it does not come")
		}
	}
}

// TestRenegotiation has OpenSSL ask for a new handshake, which is refused by a
// server and, unless it is configured, by a client.
func TestRenegotiation(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("no openssl on PATH")
	}
	addr, outcomes := serve(t, side{Pair: "p256"})
	s := side{Min: tls.VersionTLS12, Max: tls.VersionTLS12, Roots: "roots", Name: "board.example"}
	cmd := exec.Command("openssl", append([]string{"s_client", "-connect", addr}, s.options(t, false)...)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	io.WriteString(in, "R\n") // s_client's command for it
	o := next(t, outcomes, "")
	if !strings.Contains(o.Error, "unexpected handshake message") && !strings.Contains(o.Error, "renegotiation") {
		t.Errorf("the server saw %q", o.Error)
	}
	in.Close()
	cmd.Process.Kill()
	cmd.Wait()
}

// TestRecords sends records that no peer may send.
func TestRecords(t *testing.T) {
	for _, r := range []struct {
		name   string
		record []byte
		alert  byte
	}{
		{"oversized", append([]byte{22, 3, 1, 0x48, 1}, make([]byte, 0x4801)...), 22},
		{"plain HTTP", []byte("GET / HTTP/1.0\r\n\r\n"), 0},
		{"data before the handshake", []byte{23, 3, 3, 0, 1, 0}, 0},
		{"an empty hello", []byte{22, 3, 1, 0, 4, 1, 0, 0, 0}, 0},
	} {
		t.Run(r.name, func(t *testing.T) {
			addr, outcomes := serve(t, side{Pair: "p256"})
			c, err := net.DialTimeout("tcp", addr, limit)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(limit))
			// The server may close before it has read all.
			go c.Write(r.record)
			header := make([]byte, 7)
			n, err := io.ReadFull(c, header)
			if r.alert != 0 && (n < 7 || header[0] != 21 || header[6] != r.alert) {
				t.Errorf("it answered % x, %v, not with alert %d", header[:n], err, r.alert)
			}
			c.Close()
			if o := next(t, outcomes, ""); o.Error == "" {
				t.Error("no error")
			}
		})
	}
}

// cut is a connection that ends within what is written last.
type cut struct {
	net.Conn
	now *bool
}

func (c cut) Write(p []byte) (int, error) {
	if !*c.now {
		return c.Conn.Write(p)
	}
	c.Conn.Write(p[:len(p)-4])
	c.Conn.Close()
	return len(p), nil
}

// TestTruncated cuts a connection off within a record, which is not its end.
func TestTruncated(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	serving, err := side{Pair: "p256"}.config(certificates)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		raw, err := l.Accept()
		if err != nil {
			return
		}
		now := false
		s := tls.Server(cut{raw, &now}, serving)
		io.WriteString(s, "half an ")
		now = true
		io.WriteString(s, "answer")
	}()
	config, err := side{Roots: "roots", Name: "board.example"}.config(certificates)
	if err != nil {
		t.Fatal(err)
	}
	c, err := tls.Dial("tcp", l.Addr().String(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	text, err := io.ReadAll(c)
	if string(text) != "half an " || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read %q, %v", text, err)
	}
}
