//go:build tinynet_port

package interop_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"testing"
	"time"
)

// A client whose configuration says nothing about sessions resumes them on a board,
// and on a computer does not, as Go's. That a session is resumed is right only where a
// full handshake would have had the same outcome, and asked the program the same.

// dialing is a client's configuration, and whether its next connection may be
// resumed. Each gets one without sessions before.
type dialing struct {
	what          string
	first, second func(*tls.Config) // nil: it stays as it is
	resumed       bool
}

func TestSessionsByDefault(t *testing.T) {
	pair, err := side{Pair: "client"}.config(certificates)
	if err != nil {
		t.Fatal(err)
	}
	other, err := side{Pair: "p384"}.config(certificates)
	if err != nil {
		t.Fatal(err)
	}
	unverified := func(c *tls.Config) { c.InsecureSkipVerify = true }
	withPair := func(c *tls.Config) { c.Certificates = pair.Certificates }
	for _, d := range []dialing{
		{"nothing said", nil, nil, true},
		{"both unverified", unverified, unverified, true},
		{"both with a certificate", withPair, withPair, true},
		{"another certificate", withPair, func(c *tls.Config) { c.Certificates = other.Certificates }, false},
		{"a certificate, then none", withPair, nil, false},
		{"unverified before", unverified, nil, false},
		{"unverified now", nil, unverified, false},
		{"other roots", nil, func(c *tls.Config) { c.RootCAs = c.RootCAs.Clone() }, false},
		{"fewer roots", nil, func(c *tls.Config) { c.RootCAs = x509.NewCertPool() }, false},
		{"tickets disabled", nil, func(c *tls.Config) { c.SessionTicketsDisabled = true }, false},
		{"a look at the certificates", nil, func(c *tls.Config) {
			c.VerifyPeerCertificate = func([][]byte, [][]*x509.Certificate) error { return nil }
		}, false},
		{"a certificate when asked", nil, func(c *tls.Config) {
			c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return new(tls.Certificate), nil }
		}, false},
		{"a cache of its own", nil, func(c *tls.Config) { c.ClientSessionCache = tls.NewLRUClientSessionCache(1) }, false},
		{"a look at the connection", nil, func(c *tls.Config) {
			c.VerifyConnection = func(tls.ConnectionState) error { return nil }
		}, true},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(d.what+"/"+tls.VersionName(version), func(t *testing.T) {
				addr, outcomes := serve(t, side{Pair: "p256", Min: version, Max: version})
				roots, err := side{Roots: "roots", Name: "board.example"}.config(certificates)
				if err != nil {
					t.Fatal(err)
				}
				roots.ClientSessionCache = nil
				dial := func(change func(*tls.Config)) bool {
					config := roots.Clone()
					if change != nil {
						change(config)
					}
					c, err := tls.Dial("tcp", addr, config)
					if err != nil {
						if d.what == "fewer roots" {
							<-outcomes
							return false
						}
						t.Fatal(err)
					}
					defer c.Close()
					if _, err := talk(c); err != nil {
						t.Fatal(err)
					}
					o := next(t, outcomes, "")
					if here := c.ConnectionState().DidResume; here != o.Resumed {
						t.Errorf("the client has resumed: %v, the server: %v", here, o.Resumed)
					}
					return o.Resumed
				}
				if dial(d.first) {
					t.Error("the first connection is resumed")
				}
				if got, want := dial(d.second), d.resumed && keepsSessions; got != want {
					t.Errorf("the second connection is resumed: got %v, want %v", got, want)
				}
			})
		}
	}
}

// A few servers' sessions are kept, and not more.
func TestSessionsOfServers(t *testing.T) {
	roots, err := side{Roots: "roots"}.config(certificates)
	if err != nil {
		t.Fatal(err)
	}
	roots.ClientSessionCache, roots.InsecureSkipVerify = nil, true
	addr, outcomes := serve(t, side{Pair: "p256"})
	for i, d := range []struct {
		name    string
		resumed bool
	}{
		{"a", false}, {"b", false}, {"a", true}, {"b", true}, {"c", false}, {"b", true}, {"a", false}, {"c", false},
	} {
		config := roots.Clone()
		config.ServerName = d.name + ".example"
		c, err := tls.Dial("tcp", addr, config)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := talk(c); err != nil {
			t.Fatal(err)
		}
		if got, want := next(t, outcomes, "").Resumed, d.resumed && keepsSessions; got != want {
			t.Errorf("connection %d, to %s, is resumed: got %v, want %v", i, d.name, got, want)
		}
		c.Close()
	}
}

// A Transport that makes a connection for each request resumes, too.
func TestSessionsOfTransport(t *testing.T) {
	config, err := side{Pair: "p256"}.config(certificates)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}), TLSConfig: config}
	defer server.Close()
	go server.ServeTLS(plain, "", "")
	roots, err := side{Roots: "roots", Name: "board.example"}.config(certificates)
	if err != nil {
		t.Fatal(err)
	}
	roots.ClientSessionCache = nil
	client := &http.Client{Timeout: limit, Transport: &http.Transport{TLSClientConfig: roots, DisableKeepAlives: true}}
	for i := range 3 {
		resp, err := client.Get("https://" + plain.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got, want := resp.TLS.DidResume, i > 0 && keepsSessions; got != want {
			t.Errorf("request %d is over a resumed connection: got %v, want %v", i, got, want)
		}
	}
}

// A resumed session ends with the server's certificate.
func TestSessionsExpire(t *testing.T) {
	addr, outcomes := serve(t, side{Pair: "p256"})
	roots, err := side{Roots: "roots", Name: "board.example"}.config(certificates)
	if err != nil {
		t.Fatal(err)
	}
	roots.ClientSessionCache = nil
	c, err := tls.Dial("tcp", addr, roots)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := talk(c); err != nil {
		t.Fatal(err)
	}
	next(t, outcomes, "")
	end := c.ConnectionState().PeerCertificates[0].NotAfter
	roots = roots.Clone()
	roots.Time = func() time.Time { return end.Add(time.Minute) }
	if c, err := tls.Dial("tcp", addr, roots); err == nil {
		c.Close()
		t.Error("a session is resumed after its certificate has expired")
	}
}

// nowhere is a connection without addresses, as a program's own may be.
type nowhere struct{ net.Conn }

func (nowhere) LocalAddr() net.Addr  { return nil }
func (nowhere) RemoteAddr() net.Addr { return nil }

// A server without a name has no session to be found by.
func TestSessionsOfNobody(t *testing.T) {
	server, err := side{Pair: "p256"}.config(certificates)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			tls.Server(theirs, server).Write([]byte("hello\n"))
		}()
		c := tls.Client(nowhere{ours}, &tls.Config{InsecureSkipVerify: true})
		if line, err := bufio.NewReader(c).ReadString('\n'); line != "hello\n" || c.ConnectionState().DidResume {
			t.Errorf("got %q, %v, resumed: %v, want hello, not resumed", line, err, c.ConnectionState().DidResume)
		}
		ours.Close()
	}
}
