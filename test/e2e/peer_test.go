//go:build unix

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// tool finds the program of a peer, or skips the test. Daemons lie where not
// everybody's PATH leads.
func tool(t *testing.T, name, debian string) string {
	t.Helper()
	for _, try := range []string{name, "/usr/sbin/" + name, "/usr/bin/" + name} {
		if path, err := exec.LookPath(try); err == nil {
			return path
		}
	}
	t.Skipf("no %s here (Debian's package %s has it)", name, debian)
	return ""
}

// until waits until a process has said something on either stream.
func (p *process) until(t *testing.T, what string) {
	t.Helper()
	for end := time.Now().Add(startLimit); !strings.Contains(p.said(), what); {
		select {
		case <-p.ended:
			if strings.Contains(p.said(), what) {
				return
			}
			t.Fatalf("%s ended (%v) before it said %q:\n%s", p.cmd, p.err, what, p.said())
		case <-p.news:
		case <-time.After(time.Until(end)):
			t.Fatalf("%s has not said %q after %v:\n%s", p.cmd, what, startLimit, p.said())
		}
	}
}

// onFreePort starts a daemon that cannot choose a port itself, with one that was
// free just now, and another one if somebody else was faster. start returns nil
// if the port was taken.
func onFreePort(t *testing.T, network string, start func(port string) *process) (p *process, addr string) {
	t.Helper()
	for range 10 {
		var a net.Addr
		if network == "udp" {
			c, err := net.ListenPacket(network, "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			a = c.LocalAddr()
			c.Close()
		} else {
			ln, err := net.Listen(network, "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			a = ln.Addr()
			ln.Close()
		}
		_, port, err := net.SplitHostPort(a.String())
		if err != nil {
			t.Fatal(err)
		}
		if p := start(port); p != nil {
			return p, a.String()
		}
	}
	t.Fatal("ten free ports were taken before a daemon could have them")
	return nil, ""
}

// eitherSaid waits for one of two words, and tells whether it was the first.
func (p *process) eitherSaid(t *testing.T, good, bad string) bool {
	t.Helper()
	for end := time.Now().Add(startLimit); ; {
		switch text := p.said(); {
		case strings.Contains(text, good):
			return true
		case strings.Contains(text, bad):
			return false
		}
		select {
		case <-p.ended:
			if text := p.said(); !strings.Contains(text, good) && !strings.Contains(text, bad) {
				t.Fatalf("%s ended (%v):\n%s", p.cmd, p.err, text)
			}
		case <-p.news:
		case <-time.After(time.Until(end)):
			t.Fatalf("%s has not said %q after %v:\n%s", p.cmd, good, startLimit, p.said())
		}
	}
}

// nginx runs a web server with pages in a folder, a form at /form whose bodies
// its log has, a redirect from /old, and a page of a thousand lines, zipped if
// the client takes that.
func nginx(t *testing.T) (url, log string) {
	t.Helper()
	prog := tool(t, "nginx", "nginx-light")
	dir := t.TempDir()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"www/index.html": "<title>nginx</title>\n",
		"www/long.txt":   strings.Repeat("a line of a long text\n", 1000),
	} {
		put(t, filepath.Join(dir, name), text)
	}
	// It takes over a listener that is open already, which no one else can take then.
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	socket, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	addr := ln.Addr().String()
	log = filepath.Join(dir, "access.log")
	put(t, filepath.Join(dir, "nginx.conf"), fmt.Sprintf(`
daemon off;
worker_processes 1;
user %[4]s;
pid %[1]s/pid;
error_log %[1]s/error.log;
events {}
http {
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	log_format sent escape=json '{"method":"$request_method","type":"$content_type","body":"$request_body"}';
	access_log off;
	gzip on;
	gzip_min_length 100;
	gzip_types text/plain;
	types { text/html html; text/plain txt; }
	server {
		listen %[2]s;
		root %[1]s/www;
		location = /old { return 301 /long.txt; }
		location = /form {
			access_log %[3]s sent;
			proxy_pass http://%[2]s/formanswer;
		}
		location = /formanswer { return 200 "thank you, $http_user_agent\n"; }
		location = /search { return 200 "you asked for $arg_name\n"; }
	}
}
`, dir, addr, log, me.Username))
	p := launchWith(t, []*os.File{socket}, []string{"NGINX=3;"}, prog, "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-e", filepath.Join(dir, "error.log"))
	// The listener is open: requests wait until nginx is there, unless it never is.
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answered := make(chan error, 1)
	go func() {
		conn.SetDeadline(time.Now().Add(startLimit))
		fmt.Fprintf(conn, "HEAD / HTTP/1.0\r\n\r\n")
		_, err := conn.Read(make([]byte, 1))
		answered <- err
	}()
	select {
	case err := <-answered:
		if err != nil {
			t.Fatal(err)
		}
	case <-p.ended:
		text, _ := os.ReadFile(filepath.Join(dir, "error.log"))
		t.Fatalf("%s: %v\n%s%s", p.cmd, p.err, p.said(), text)
	}
	return "http://" + addr, log
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// An authority issues certificates, as files.
type authority struct {
	file string // its own certificate
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	dir  string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	ca := &authority{dir: t.TempDir()}
	ca.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "A test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	ca.file, _, ca.key = ca.issue(t, "ca", ca.cert)
	return ca
}

// server issues a certificate for an address or name.
func (ca *authority) server(t *testing.T, name string) (certFile, keyFile string) {
	t.Helper()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "a test server"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(name); ip != nil {
		c.IPAddresses = []net.IP{ip}
	} else {
		c.DNSNames = []string{name}
	}
	certFile, keyFile, _ = ca.issue(t, "server-"+name, c)
	return certFile, keyFile
}

// openssl starts OpenSSL's server with a certificate for the name, and returns its
// address.
func (ca *authority) openssl(t *testing.T, name string, args ...string) string {
	t.Helper()
	cert, key := ca.server(t, name)
	p := launch(t, tool(t, "openssl", "openssl"), append([]string{"s_server", "-accept", "127.0.0.1:0", "-cert", cert, "-key", key, "-www"}, args...)...)
	p.until(t, "ACCEPT 127.0.0.1:")
	m := regexp.MustCompile(`ACCEPT (127\.0\.0\.1:[0-9]+)`).FindStringSubmatch(p.said())
	if m == nil {
		t.Fatalf("openssl said:\n%s", p.said())
	}
	return m[1]
}

func (ca *authority) issue(t *testing.T, name string, c *x509.Certificate) (certFile, keyFile string, key *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer := ca.key
	if signer == nil {
		signer = key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, ca.cert, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(ca.dir, name+".pem"), filepath.Join(ca.dir, name+".key")
	put(t, certFile, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	put(t, keyFile, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	return certFile, keyFile, key
}

// example runs an example that ends by itself, over the port, and returns what
// it printed.
func example(t *testing.T, status int, name string, args ...string) string {
	t.Helper()
	p := launch(t, tinynet(t), append([]string{"run", "./examples/" + name, "--"}, args...)...)
	if got := p.wait(t, startLimit); got != status {
		t.Fatalf("%s: status %d, want %d:\n%s", p.cmd, got, status, p.said())
	}
	return p.said()
}

// wants fails the test unless all of these are in the text.
func wants(t *testing.T, text string, all ...string) {
	t.Helper()
	for _, want := range all {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
}

// run runs a peer that ends by itself, fed with input.
func run(t *testing.T, input string, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return string(out)
}

// python is a python3 that has a module; Debian's may not be the first on PATH.
func python(t *testing.T, module, debian string) string {
	t.Helper()
	for _, try := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(try, "-c", "import "+module).Run() == nil {
			return try
		}
	}
	t.Skipf("no python3 with %s here (Debian's package %s has it)", module, debian)
	return ""
}

func portOf(t *testing.T, addr string) int {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
