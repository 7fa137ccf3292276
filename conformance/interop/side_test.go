package interop_test

import (
	"bufio"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// limit is how long anything may take that comes in the end.
const limit = 30 * time.Second

// A side is what one end of a connection wants. It is given to other processes
// as JSON.
type side struct {
	Min, Max   uint16        `json:",omitempty"`
	Suites     []uint16      `json:",omitempty"`
	Curves     []tls.CurveID `json:",omitempty"`
	Protos     []string      `json:",omitempty"`
	Pair       string        `json:",omitempty"` // name of a certificate and key, without .pem
	Roots      string        `json:",omitempty"` // name of a file of roots, without .pem
	Name       string        `json:",omitempty"` // of the server
	WantClient bool          `json:",omitempty"` // a server: the client has to have a certificate
	Times      int           `json:",omitempty"` // a client: how many connections, one after the other
}

// An outcome is what became of a connection.
type outcome struct {
	Version  uint16
	Suite    uint16
	Curve    string
	Resumed  bool
	Proto    string
	Peer     string // the common name in its certificate
	Server   string // the name asked for
	Received string
	Error    string
}

func (s side) config(dir string) (*tls.Config, error) {
	c := &tls.Config{
		MinVersion: s.Min, MaxVersion: s.Max, CipherSuites: s.Suites, CurvePreferences: s.Curves,
		NextProtos: s.Protos, ServerName: s.Name, ClientSessionCache: tls.NewLRUClientSessionCache(4),
	}
	if s.Pair != "" {
		pair, err := tls.LoadX509KeyPair(filepath.Join(dir, s.Pair+".pem"), filepath.Join(dir, s.Pair+".key.pem"))
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{pair}
	}
	if s.Roots != "" {
		text, err := os.ReadFile(filepath.Join(dir, s.Roots+".pem"))
		if err != nil {
			return nil, err
		}
		c.RootCAs = x509.NewCertPool()
		c.RootCAs.AppendCertsFromPEM(text)
		c.ClientCAs = c.RootCAs
	}
	if s.WantClient {
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return c, nil
}

func look(c *tls.Conn, received string, err error) outcome {
	state := c.ConnectionState()
	o := outcome{
		Version: state.Version, Suite: state.CipherSuite, Resumed: state.DidResume, Proto: state.NegotiatedProtocol,
		Server: state.ServerName, Received: received,
	}
	if len(state.PeerCertificates) > 0 {
		o.Peer = state.PeerCertificates[0].Subject.CommonName
	}
	if err != nil {
		o.Error = err.Error()
	}
	return o
}

// talk sends a line and returns one.
func talk(c *tls.Conn) (string, error) {
	c.SetDeadline(time.Now().Add(limit))
	if err := c.Handshake(); err != nil {
		return "", err
	}
	if _, err := io.WriteString(c, "ping\n"); err != nil {
		return "", err
	}
	return bufio.NewReader(c).ReadString('\n')
}

// call makes connections to addr.
func (s side) call(dir, addr string) ([]outcome, error) {
	config, err := s.config(dir)
	if err != nil {
		return nil, err
	}
	var all []outcome
	for range max(s.Times, 1) {
		raw, err := net.DialTimeout("tcp", addr, limit)
		if err != nil {
			return nil, err
		}
		c := tls.Client(raw, config)
		line, err := talk(c)
		all = append(all, look(c, line, err))
		c.Close()
	}
	return all, nil
}

// answer serves connections until l is closed, sending each line back, and
// tells what became of each.
func (s side) answer(dir string, l net.Listener, tell func(outcome)) error {
	config, err := s.config(dir)
	if err != nil {
		return err
	}
	for {
		raw, err := l.Accept()
		if err != nil {
			return nil
		}
		go func() {
			c := tls.Server(raw, config)
			defer c.Close()
			c.SetDeadline(time.Now().Add(limit))
			r := bufio.NewReader(c)
			line, err := r.ReadString('\n')
			if err == nil {
				_, err = io.WriteString(c, line)
			}
			tell(look(c, line, err))
			io.Copy(io.Discard, r) // until the client closes
		}()
	}
}

// peerVar, in the environment, makes this test binary one side: client:ADDR or
// server. It is built with whatever TLS its toolchain has.
const peerVar = "TINYNET_INTEROP_PEER"

func actAsPeer(role string) error {
	var s side
	if err := json.Unmarshal([]byte(os.Getenv(peerVar+"_SIDE")), &s); err != nil {
		return err
	}
	dir := os.Getenv(peerVar + "_DIR")
	out := json.NewEncoder(os.Stdout)
	if role != "server" {
		all, err := s.call(dir, role)
		if err != nil {
			return err
		}
		for _, o := range all {
			out.Encode(o)
		}
		return nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	go func() {
		io.Copy(io.Discard, os.Stdin) // it ends with the test
		l.Close()
	}()
	return s.answer(dir, l, func(o outcome) { out.Encode(o) })
}

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
