package interop_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
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
