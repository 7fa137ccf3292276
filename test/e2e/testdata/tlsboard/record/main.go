// Command record does two TLS 1.3 handshakes, of which the second resumes the first,
// with a client whose randomness is all the same byte, and prints what the server has
// sent in each, the root certificate, and when that was, as flags for the linker of
// the program that replays it: see the folder above.
//
// It has to be built for the same Go release as the board's program, with the
// tag tlssmall, and to run with GODEBUG=cpu.aes=off,tlssha1=0: the client has to say
// the same things as one that has no AES and no settings of older releases.
package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"os"
	"time"
)

var now = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// certify makes a certificate; without a parent it signs itself.
func certify(name string, curve elliptic.Curve, ca bool, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	check(err)
	t := &x509.Certificate{
		SerialNumber:          big.NewInt(now.Unix()),
		Subject:               pkix.Name{Organization: []string{"tinynet"}, CommonName: name},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(90 * 24 * time.Hour),
		BasicConstraintsValid: true,
		IsCA:                  ca,
		KeyUsage:              x509.KeyUsageDigitalSignature,
	}
	if ca {
		t.KeyUsage = x509.KeyUsageCertSign
	} else {
		t.DNSNames = []string{name}
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	if parent == nil {
		parent, parentKey = t, key
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent, &key.PublicKey, parentKey)
	check(err)
	c, err := x509.ParseCertificate(der)
	check(err)
	return c, key
}

// same is a source of one byte.
type same struct{}

func (same) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 0x42
	}
	return len(p), nil
}

// tap records what is read.
type tap struct {
	net.Conn
	got *bytes.Buffer
}

func (t tap) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	t.got.Write(p[:n])
	return n, err
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	// As the big free authority has them: leaf P-256, the rest P-384.
	root, rootKey := certify("root", elliptic.P384(), true, nil, nil)
	middle, middleKey := certify("intermediate", elliptic.P384(), true, root, rootKey)
	leaf, leafKey := certify("board.example", elliptic.P256(), false, middle, middleKey)
	server := &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.Raw, middle.Raw}, PrivateKey: leafKey}},
		Time:         func() time.Time { return now },
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	client := &tls.Config{
		ServerName: "board.example", RootCAs: pool, Rand: same{}, ClientSessionCache: tls.NewLRUClientSessionCache(1),
		Time: func() time.Time { return now },
	}
	first, again := talk(server, client, false), talk(server, client, true)
	encode := base64.RawURLEncoding.EncodeToString
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw})
	fmt.Printf("-X main.server=%s -X main.again=%s -X main.root=%s -X main.now=%d\n", encode(first), encode(again), encode(certificate), now.Unix())
}

// talk makes a connection, and returns what the server has sent.
func talk(server, client *tls.Config, resumed bool) []byte {
	ours, theirs := net.Pipe()
	go func() {
		s := tls.Server(theirs, server)
		_, err := io.WriteString(s, "hello")
		check(err)
		s.Close()
	}()
	var got bytes.Buffer
	c := tls.Client(tap{ours, &got}, client)
	text, err := io.ReadAll(c)
	check(err)
	if string(text) != "hello" {
		log.Fatalf("the server said %q", text)
	}
	state := c.ConnectionState()
	if state.DidResume != resumed {
		log.Fatalf("the connection is resumed: %v, want %v", state.DidResume, resumed)
	}
	fmt.Fprintf(os.Stderr, "%s, %s, resumed: %v: %d bytes from the server\n", tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite), resumed, got.Len())
	return got.Bytes()
}
