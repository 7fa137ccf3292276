//go:build tinynetport && tinynet_board

package tls

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"sync"
	"testing"
)

// encoded makes a certificate that is at least size bytes long.
func encoded(t *testing.T, number int64, size int) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(number), Subject: pkix.Name{CommonName: "test"}}
	for n := 0; n < size; n += 16 {
		template.DNSNames = append(template.DNSNames, fmt.Sprintf("name-%08d.test", n))
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func parsed(t *testing.T, r *recentCerts, der []byte) *x509.Certificate {
	t.Helper()
	cert, err := r.parse(der)
	if err != nil {
		t.Fatal(err)
	}
	if string(cert.Raw) != string(der) {
		t.Fatalf("got certificate %v, want another", cert.SerialNumber)
	}
	return cert
}

func (r *recentCerts) check(t *testing.T) {
	t.Helper()
	sum := 0
	for _, cert := range r.certs {
		sum += len(cert.Raw)
	}
	if sum != r.size || sum > recentBytes {
		t.Errorf("%d certificates of %d bytes: it counts %d, and may keep %d", len(r.certs), sum, r.size, recentBytes)
	}
}

func TestRecentCerts(t *testing.T) {
	t.Parallel()
	var r recentCerts
	der := encoded(t, 1, 0)
	first := parsed(t, &r, der)
	if again := parsed(t, &r, append([]byte(nil), der...)); again != first {
		t.Error("the same certificate was parsed twice")
	}
	if _, err := r.parse([]byte("no certificate")); err == nil {
		t.Error("what is no certificate was parsed")
	}
	// However many there are, those that were used last stay, within bounds.
	for i := range int64(100) {
		parsed(t, &r, encoded(t, 2+i, 900))
		r.check(t)
		if again := parsed(t, &r, der); again != first {
			t.Fatalf("the certificate that is used all the time is gone after %d others", i)
		}
	}
	if n := len(r.certs); n < 4 || n > 20 {
		t.Errorf("%d certificates are kept", n)
	}
	// One that is too large for it is parsed each time.
	large := encoded(t, 1000, recentBytes)
	if parsed(t, &r, large) == parsed(t, &r, large) {
		t.Error("a certificate larger than all that may be kept is kept")
	}
	r.check(t)
	if again := parsed(t, &r, der); again != first {
		t.Error("a certificate that is not kept has driven out others")
	}
}

// TestRecentCertsAtOnce has connections that meet: they get one certificate.
func TestRecentCertsAtOnce(t *testing.T) {
	t.Parallel()
	var r recentCerts
	var ders [5][]byte
	for i := range ders {
		ders[i] = encoded(t, int64(i), 0)
	}
	var got [len(ders)][8]*x509.Certificate
	var wg sync.WaitGroup
	for i := range ders {
		for k := range got[i] {
			wg.Add(1)
			go func() {
				defer wg.Done()
				got[i][k], _ = r.parse(ders[i])
			}()
		}
	}
	wg.Wait()
	for i := range got {
		for _, cert := range got[i] {
			if cert == nil || cert != got[i][0] {
				t.Errorf("certificate %d: got %p and %p, want one", i, got[i][0], cert)
			}
		}
	}
	r.check(t)
}
