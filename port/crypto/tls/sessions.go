//go:build tinynetport && !port.elsewhere

package tls

import (
	"crypto/x509"
	"sync"
)

// A recentSessions keeps the sessions with the servers that were clients' last ones,
// for configurations without a ClientSessionCache. A client with a nil cache is one
// that has said nothing; SessionTicketsDisabled says that it wants none.
type recentSessions struct {
	mu   sync.Mutex
	kept [2]recentSession // the one that was asked for last comes first
}

type recentSession struct {
	client sessionClient
	state  *ClientSessionState // nil if there is none
}

// A sessionClient is what a session is for: the server, and what the configuration
// says about who the two are. A session that was made with other roots, without a
// look at the certificate, or for another client's certificate is not resumed.
type sessionClient struct {
	server      string
	roots       *x509.CertPool
	certificate *byte // the client's own: the first byte of its encoding
	unverified  bool
}

var recent recentSessions

// keepsSessions tells whether the client's sessions are kept.
func (c *Conn) keepsSessions() bool {
	return c.config.ClientSessionCache != nil || c.keepsRecent()
}

// keepsRecent tells whether they are kept in recent. They are not where only a full
// handshake asks the program: for its own look at the server's certificates
// (VerifyPeerCertificate), and for the client's. Nor are they where nobody has named
// the server: Go would ask the connection for an address, and it may have none.
func (c *Conn) keepsRecent() bool {
	config := c.config
	return onBoard && config.ClientSessionCache == nil && c.isClient && c.quic == nil &&
		config.VerifyPeerCertificate == nil && config.GetClientCertificate == nil &&
		config.ServerName != "" && len(config.Certificates) <= 1 && config.EncryptedClientHelloConfigList == nil
}

func (c *Conn) sessionClient(server string) sessionClient {
	client := sessionClient{server: server, roots: c.config.RootCAs, unverified: c.config.InsecureSkipVerify}
	for _, own := range c.config.Certificates {
		if len(own.Certificate) > 0 && len(own.Certificate[0]) > 0 {
			client.certificate = &own.Certificate[0][0]
		}
	}
	return client
}

// getSession finds the session with a server.
func (c *Conn) getSession(server string) (*ClientSessionState, bool) {
	if !c.keepsRecent() {
		return c.config.ClientSessionCache.Get(server)
	}
	state := recent.get(c.sessionClient(server))
	return state, state != nil
}

// putSession keeps the session with a server. nil ends what was kept.
func (c *Conn) putSession(server string, state *ClientSessionState) {
	if !c.keepsRecent() {
		c.config.ClientSessionCache.Put(server, state)
		return
	}
	recent.put(c.sessionClient(server), state)
}

func (r *recentSessions) get(client sessionClient) *ClientSessionState {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.firstLocked(client).state
}

func (r *recentSessions) put(client sessionClient, state *ClientSessionState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*r.firstLocked(client) = recentSession{client, state}
}

// firstLocked moves what is kept of a client to the front and returns it. What was
// asked for longest ago makes place for a client of which nothing is kept.
func (r *recentSessions) firstLocked(client sessionClient) *recentSession {
	from := len(r.kept) - 1
	for i, s := range r.kept {
		if s.client == client {
			from = i
			break
		}
	}
	first := r.kept[from]
	if first.client != client {
		first = recentSession{client: client}
	}
	copy(r.kept[1:from+1], r.kept[:from])
	r.kept[0] = first
	return &r.kept[0]
}
