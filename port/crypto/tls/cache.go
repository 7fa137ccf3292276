//go:build tinynetport

package tls

import "crypto/x509"

type certCache struct{ recentCerts }

type weakCertCache struct{ recentCerts }

func (cc *certCache) newCert(der []byte) (*activeCert, error) {
	cert, err := cc.parse(der)
	if err != nil {
		return nil, err
	}
	return &activeCert{cert}, nil
}

func (wcc *weakCertCache) newCert(der []byte) (*x509.Certificate, error) { return wcc.parse(der) }
