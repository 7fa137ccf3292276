//go:build tinynet_port

package interop_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// An authority issues certificates and writes them to a folder.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  crypto.Signer
	next int64
}

func newKey(kind string) (crypto.Signer, error) {
	switch kind {
	case "rsa":
		return rsa.GenerateKey(rand.Reader, 2048)
	case "p384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "p521":
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	}
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

// issue makes NAME.pem, with the certificates of above after its own, and
// NAME.key.pem, and returns it as an authority of its own.
func (a *authority) issue(name, kind string, change func(*x509.Certificate), above ...*authority) (*authority, error) {
	key, err := newKey(kind)
	if err != nil {
		return nil, err
	}
	a.next++
	t := &x509.Certificate{
		SerialNumber:          big.NewInt(a.next),
		Subject:               pkix.Name{CommonName: name},
		DNSNames:              []string{"board.example"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
	if change != nil {
		change(t)
	}
	parent, parentKey := a.cert, a.key
	if parent == nil {
		parent, parentKey = t, key
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent, key.Public(), parentKey)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for _, x := range above {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: x.cert.Raw})...)
	}
	if err := os.WriteFile(filepath.Join(a.dir, name+".pem"), chain, 0o600); err != nil {
		return nil, err
	}
	der, err = x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	err = os.WriteFile(filepath.Join(a.dir, name+".key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
	return &authority{dir: a.dir, cert: cert, key: key}, err
}

func isCA(t *x509.Certificate) {
	t.IsCA, t.DNSNames, t.ExtKeyUsage = true, nil, nil
	t.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
}

// issueAll makes the certificates that the tests use.
func issueAll(dir string) error {
	none := &authority{dir: dir}
	root, err := none.issue("root", "p384", isCA)
	if err != nil {
		return err
	}
	middle, err := root.issue("middle", "p384", isCA)
	if err != nil {
		return err
	}
	rsaRoot, err := none.issue("rsaroot", "rsa", isCA)
	if err != nil {
		return err
	}
	expired := func(t *x509.Certificate) { t.NotAfter = time.Now().Add(-time.Minute) }
	for _, x := range []struct {
		by     *authority
		name   string
		kind   string
		change func(*x509.Certificate)
		above  []*authority
	}{
		{middle, "p256", "p256", nil, []*authority{middle}},
		{middle, "p384", "p384", nil, []*authority{middle}},
		{middle, "p521", "p521", nil, []*authority{middle}},
		{middle, "mixed", "p256", nil, []*authority{rsaRoot, root, middle}}, // out of order, with strangers
		{middle, "lonely", "p256", nil, nil},                                // without its chain
		{rsaRoot, "rsa", "rsa", nil, nil},
		{middle, "expired", "p256", expired, []*authority{middle}},
		{none, "selfsigned", "p256", nil, nil},
		{middle, "client", "p256", nil, []*authority{middle}},
	} {
		if _, err := x.by.issue(x.name, x.kind, x.change, x.above...); err != nil {
			return err
		}
	}
	a, err := os.ReadFile(filepath.Join(dir, "root.pem"))
	if err != nil {
		return err
	}
	b, err := os.ReadFile(filepath.Join(dir, "rsaroot.pem"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "roots.pem"), append(a, b...), 0o600)
}
