//go:build tinynet_port

package secrecy_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// TestDeclared calls what is only declared where this program does no TLS itself: it is an
// error that says which build tag is why, and nothing panics.
func TestDeclared(t *testing.T) {
	if mode == inSoftware {
		t.Skip("for TLS elsewhere")
	}
	ctx := context.Background()
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	quic := &tls.QUICConfig{TLSConfig: new(tls.Config)}
	client, server := tls.QUICClient(quic), tls.QUICServer(quic)
	client.SetTransportParameters(nil)
	conn := func() *tls.Conn { return tls.Client(near, &tls.Config{ServerName: "peer.example"}) }
	two := func(_ any, err error) error { return err }
	for name, call := range map[string]func() error{
		"QUICConn.Start":             func() error { return client.Start(ctx) },
		"QUICConn.Start of a server": func() error { return server.Start(ctx) },
		"QUICConn.HandleData":        func() error { return client.HandleData(tls.QUICEncryptionLevelInitial, nil) },
		"QUICConn.SendSessionTicket": func() error { return server.SendSessionTicket(tls.QUICSessionTicketOptions{}) },
		"QUICConn.StoreSession":      func() error { return client.StoreSession(new(tls.SessionState)) },
		"SessionState.Bytes":         func() error { return two(new(tls.SessionState).Bytes()) },
		"ParseSessionState":          func() error { return two(tls.ParseSessionState([]byte{3, 4})) },
		"NewResumptionState":         func() error { return two(tls.NewResumptionState(nil, new(tls.SessionState))) },
		"Config.EncryptTicket": func() error {
			return two(new(tls.Config).EncryptTicket(tls.ConnectionState{}, new(tls.SessionState)))
		},
		"Config.DecryptTicket": func() error { return two(new(tls.Config).DecryptTicket(nil, tls.ConnectionState{})) },
		"ClientHelloInfo.SupportsCertificate": func() error {
			return new(tls.ClientHelloInfo).SupportsCertificate(new(tls.Certificate))
		},
		"Listen":                func() error { return two(tls.Listen("tcp", ":0", new(tls.Config))) },
		"Server":                func() error { return tls.Server(near, new(tls.Config)).Handshake() },
		"Conn.Handshake":        func() error { return conn().Handshake() },
		"Conn.HandshakeContext": func() error { return conn().HandshakeContext(ctx) },
		"Conn.Read":             func() error { return two(conn().Read(make([]byte, 1))) },
		"Conn.Write":            func() error { return two(conn().Write([]byte(secret))) },
		"Conn.CloseWrite":       func() error { return conn().CloseWrite() },
		"Conn.VerifyHostname":   func() error { return conn().VerifyHostname("peer.example") },
		"ConnectionState.ExportKeyingMaterial": func() error {
			s := conn().ConnectionState()
			return two(s.ExportKeyingMaterial("label", nil, 8))
		},
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), "build tag") {
			t.Errorf("%s: got %v, want an error that names a build tag", name, err)
		}
	}

	c := conn()
	if c.NetConn() != near || c.LocalAddr() != near.LocalAddr() || c.RemoteAddr() != near.RemoteAddr() || c.OCSPResponse() != nil {
		t.Error("a Conn does not have the connection that it was made of")
	}
	for _, set := range []func(time.Time) error{c.SetDeadline, c.SetReadDeadline, c.SetWriteDeadline} {
		if err := set(time.Now()); err != nil {
			t.Error(err)
		}
	}
	if s := c.ConnectionState(); s.HandshakeComplete || s.Version != 0 || s.PeerCertificates != nil {
		t.Errorf("ConnectionState = %+v, though nothing was shaken", s)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := c.HandshakeContext(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("a handshake in a context that ended: got %v", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if e := client.NextEvent(); e.Kind != tls.QUICNoEvent {
		t.Errorf("QUICConn.NextEvent = %v, want none", e.Kind)
	}
	if s := client.ConnectionState(); s.HandshakeComplete {
		t.Error("a QUICConn that cannot start has shaken hands")
	}
	if err := errors.Join(client.Close(), server.Close()); err != nil {
		t.Error(err)
	}
	if ticket, state, err := new(tls.ClientSessionState).ResumptionState(); ticket != nil || state != nil || err != nil {
		t.Errorf("ResumptionState = %q, %v, %v", ticket, state, err)
	}
}

// TestData shows that what needs no protocol works, whoever does TLS.
func TestData(t *testing.T) {
	if len(tls.CipherSuites()) < 6 || len(tls.InsecureCipherSuites()) < 4 {
		t.Errorf("%d cipher suites and %d insecure ones", len(tls.CipherSuites()), len(tls.InsecureCipherSuites()))
	}
	for _, s := range tls.CipherSuites() {
		if got := tls.CipherSuiteName(s.ID); got != s.Name {
			t.Errorf("CipherSuiteName(%#x) = %q, want %q", s.ID, got, s.Name)
		}
	}
	if got := tls.VersionName(tls.VersionTLS13); got != "TLS 1.3" {
		t.Errorf("VersionName = %q", got)
	}
	cache := tls.NewLRUClientSessionCache(1)
	cache.Put("peer.example", new(tls.ClientSessionState))
	if _, ok := cache.Get("peer.example"); !ok {
		t.Error("a cache of sessions does not keep one")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(7)}, &x509.Certificate{SerialNumber: big.NewInt(7)}, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	if err != nil || len(pair.Certificate) != 1 || !key.Equal(pair.PrivateKey) {
		t.Errorf("X509KeyPair = %v, %v", pair, err)
	}
	info := &tls.CertificateRequestInfo{Version: tls.VersionTLS13, SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256}}
	if err := info.SupportsCertificate(&pair); err != nil {
		t.Errorf("CertificateRequestInfo.SupportsCertificate: %v", err)
	}
	config := new(tls.Config)
	config.SetSessionTicketKeys([][32]byte{{1}})
	if config.Clone() == nil {
		t.Error("no clone")
	}
	var record error = tls.RecordHeaderError{Msg: "broken"}
	if got := record.Error(); got != "tls: broken" {
		t.Errorf("RecordHeaderError = %q", got)
	}
	if got := (&tls.ECHRejectionError{}).Error(); !strings.Contains(got, "ECH") {
		t.Errorf("ECHRejectionError = %q", got)
	}
}
