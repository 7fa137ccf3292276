//go:build tinynetport && !port.elsewhere

package tls

import (
	"bytes"
	"crypto/x509"
	"slices"
	"sync"
)

// recentBytes is how much the certificates that are kept may have been encoded as,
// together. Parsed they take some three times as much.
const recentBytes = 8 << 10

// A recentCerts keeps the certificates that were parsed last, so that connections to
// one server share them. Go keeps those that are in use, which it learns from
// finalizers or from weak pointers; where a TinyGo has neither, that would be all
// there ever were.
type recentCerts struct {
	mu    sync.Mutex
	certs []*x509.Certificate // the one that was asked for last comes last
	size  int                 // bytes of all of them, encoded
}

// parse parses a certificate, or finds it parsed.
func (r *recentCerts) parse(der []byte) (*x509.Certificate, error) {
	if cert := r.find(der); cert != nil {
		return cert, nil
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil || len(cert.Raw) > recentBytes {
		return cert, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if same := r.findLocked(der); same != nil {
		return same, nil // another connection has parsed it meanwhile
	}
	r.certs = append(r.certs, cert)
	r.size += len(cert.Raw)
	for r.size > recentBytes {
		r.size -= len(r.certs[0].Raw)
		r.certs = slices.Delete(r.certs, 0, 1)
	}
	return cert, nil
}

func (r *recentCerts) find(der []byte) *x509.Certificate {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.findLocked(der)
}

func (r *recentCerts) findLocked(der []byte) *x509.Certificate {
	for i, cert := range r.certs {
		if bytes.Equal(cert.Raw, der) {
			r.certs = append(slices.Delete(r.certs, i, i+1), cert)
			return cert
		}
	}
	return nil
}
