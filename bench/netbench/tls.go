package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"time"

	"github.com/tinynet/tinynet/bench/internal/worker"
)

func tlsMeasurements() []worker.Measurement {
	var ms []worker.Measurement
	add := func(name, unit string, size float64, open func() (*worker.Session, error)) {
		ms = append(ms, worker.Measurement{Name: name, Unit: unit, Size: size, Open: open})
	}
	for _, v := range []struct {
		name    string
		version uint16
	}{{"13", tls.VersionTLS13}, {"12", tls.VersionTLS12}} {
		add("tls"+v.name+"-handshake", "1/s", 1, func() (*worker.Session, error) { return handshakes(v.version, false) })
		add("tls"+v.name+"-resumed", "1/s", 1, func() (*worker.Session, error) { return handshakes(v.version, true) })
	}
	const record = 16 << 10
	add("tls-upload", "MB/s", record/1e6, func() (*worker.Session, error) {
		return tlsStream(func(client, server *tls.Conn, n int) error { return stream(client, server, n, record) })
	})
	add("tls-download", "MB/s", record/1e6, func() (*worker.Session, error) {
		return tlsStream(func(client, server *tls.Conn, n int) error { return stream(server, client, n, record) })
	})
	add("tls-both-ways", "MB/s", 2*record/1e6, func() (*worker.Session, error) {
		return tlsStream(func(client, server *tls.Conn, n int) error {
			back := make(chan error, 1)
			go func() { back <- stream(server, client, n, record) }()
			return errors.Join(stream(client, server, n, record), <-back)
		})
	})
	return ms
}

// tlsConfigs makes a certificate with a P-256 key, and who trusts it.
func tlsConfigs(version uint16) (server, client *tls.Config, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		DNSNames: []string{"bench.example"}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	server = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}}, MinVersion: version, MaxVersion: version}
	client = &tls.Config{RootCAs: roots, ServerName: "bench.example", MinVersion: version, MaxVersion: version}
	return server, client, nil
}

// handshakes connects, shakes hands, receives a byte and closes.
func handshakes(version uint16, resumed bool) (*worker.Session, error) {
	serverConfig, clientConfig, err := tlsConfigs(version)
	if err != nil {
		return nil, err
	}
	addr, stop, err := listen(func(c net.Conn) {
		defer c.Close()
		s := tls.Server(c, serverConfig)
		s.Write([]byte{1})
		// The client closes first for TLS, and the server for TCP.
		s.Read(make([]byte, 1))
	})
	if err != nil {
		return nil, err
	}
	one := func(want bool) error {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			return err
		}
		defer c.Close()
		t := tls.Client(c, clientConfig)
		var b [1]byte
		if _, err := io.ReadFull(t, b[:]); err != nil {
			return err
		}
		if t.ConnectionState().DidResume != want {
			return errors.New("a session was resumed, or not, against the plan")
		}
		if err := t.CloseWrite(); err != nil {
			return err
		}
		if _, err := c.Read(b[:]); err != nil && err != io.EOF {
			return err
		}
		return nil
	}
	if resumed {
		clientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(4)
		if err := one(false); err != nil {
			stop()
			return nil, err
		}
	}
	run := func(n int) error {
		for range n {
			if err := one(resumed); err != nil {
				return err
			}
		}
		return nil
	}
	return &worker.Session{Run: run, Close: stop}, nil
}

func tlsStream(run func(client, server *tls.Conn, n int) error) (*worker.Session, error) {
	serverConfig, clientConfig, err := tlsConfigs(tls.VersionTLS13)
	if err != nil {
		return nil, err
	}
	c, s, err := pair()
	if err != nil {
		return nil, err
	}
	client, server := tls.Client(c, clientConfig), tls.Server(s, serverConfig)
	done := make(chan error, 1)
	go func() { done <- server.Handshake() }()
	if err := errors.Join(client.Handshake(), <-done); err != nil {
		c.Close()
		s.Close()
		return nil, err
	}
	return &worker.Session{
		Run:   func(n int) error { return run(client, server, n) },
		Close: func() { c.Close(); s.Close() },
	}, nil
}
