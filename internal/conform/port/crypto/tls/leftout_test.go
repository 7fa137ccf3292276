//go:build tinynetport && tlssmall && !tlsfull

package tls

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"math/big"
	"testing"
)

// A Config that lists what is left out beside what is not is as good as one
// that does not list it.
func TestLeftOutInConfig(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []uint16{VersionTLS10, VersionTLS11, VersionTLS12, VersionTLS13} {
		t.Run(fmt.Sprintf("%x", version), func(t *testing.T) {
			c := &Config{
				Certificates:       []Certificate{{Certificate: [][]byte{cert}, PrivateKey: key}},
				InsecureSkipVerify: true,
				MinVersion:         version, MaxVersion: version,
				CipherSuites:     []uint16{TLS_ECDHE_ECDSA_WITH_RC4_128_SHA, TLS_RSA_WITH_3DES_EDE_CBC_SHA, TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA},
				CurvePreferences: []CurveID{X25519MLKEM768, CurveP256},
			}
			_, state, err := testHandshake(t, c, c.Clone())
			if err != nil {
				t.Fatal(err)
			}
			if suite := state.CipherSuite; version < VersionTLS13 && suite != TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA {
				t.Errorf("the suite is %s", CipherSuiteName(suite))
			}
		})
	}
}
