//go:build linux

package lneto_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev/devtest"
	"github.com/tinynet/tinynet/netdev/lneto"
	"github.com/tinynet/tinynet/netdev/lneto/cable"
)

// certificate is one for 10.7.0.1 and 10.7.0.200, and its files.
func certificate(t *testing.T) (cert tls.Certificate, pool *x509.CertPool, certFile, keyFile string) {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{{10, 7, 0, 1}, {10, 7, 0, 200}},
	}
	der := must(x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key))(t)
	keyDER := must(x509.MarshalECPrivateKey(key))(t)
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if err := os.WriteFile(certFile, certPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(keyFile, keyPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	return must(tls.X509KeyPair(certPEM, keyPEM))(t), pool, certFile, keyFile
}

// TestTAPOpenSSL has crypto/tls over the device talk to OpenSSL over Linux, as
// server and as client, on a wire that loses frames.
func TestTAPOpenSSL(t *testing.T) {
	dev, _, _ := overTAP(t, cable.Faults{Seed: 11, Loss: 30}, lneto.Config{})
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("there is no openssl")
	}
	cert, pool, certFile, keyFile := certificate(t)
	// The device's own connections, as a peer's.
	ours := must(devtest.Device(dev))(t)
	want := strings.Repeat("over TLS over lneto\n", 500)

	t.Run("server", func(t *testing.T) {
		l := must(ours.Listen())(t)
		defer l.Close()
		served := make(chan error, 1)
		go func() {
			conn, err := l.Accept()
			if err != nil {
				served <- err
				return
			}
			defer conn.Close()
			c := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{cert}})
			c.SetDeadline(time.Now().Add(60 * time.Second))
			_, err = io.WriteString(c, want)
			c.CloseWrite()
			served <- err
		}()
		cmd := exec.Command(openssl, "s_client", "-quiet", "-verify_return_error", "-CAfile", certFile, "-connect", l.Addr().String())
		in, _ := cmd.StdinPipe() // held open: s_client ends with it
		out, err := cmd.Output()
		in.Close()
		if serr := <-served; serr != nil {
			t.Error("the device's server: ", serr)
		}
		if string(out) != want {
			t.Errorf("openssl s_client gets %d bytes, %v; want %d", len(out), err, len(want))
		}
	})

	t.Run("client", func(t *testing.T) {
		free := must(net.Listen("tcp", "10.7.0.200:0"))(t)
		port := free.Addr().(*net.TCPAddr).Port
		free.Close()
		cmd := exec.Command(openssl, "s_server", "-www", "-cert", certFile, "-key", keyFile, "-accept", fmt.Sprint(port), "-naccept", "1")
		var log bytes.Buffer
		cmd.Stdout, cmd.Stderr = &log, &log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { cmd.Process.Kill(); cmd.Wait() }()
		to := netip.AddrPortFrom(linuxAddr.Addr(), uint16(port))
		var conn net.Conn
		for end := time.Now().Add(30 * time.Second); ; <-time.After(50 * time.Millisecond) {
			if conn, err = ours.Dial(to); err == nil {
				break
			}
			if time.Now().After(end) {
				t.Fatal(err)
			}
		}
		defer conn.Close()
		c := tls.Client(conn, &tls.Config{RootCAs: pool, ServerName: "10.7.0.200"})
		c.SetDeadline(time.Now().Add(60 * time.Second))
		if _, err := io.WriteString(c, "GET / HTTP/1.0\r\n\r\n"); err != nil {
			t.Fatal(err, log.String())
		}
		got, err := io.ReadAll(c)
		if !bytes.Contains(got, []byte("HTTP/1.0 200 ok")) || c.ConnectionState().Version != tls.VersionTLS13 {
			t.Errorf("openssl s_server answers %.200q, %v", got, err)
		}
	})
}
