//go:build tinynetport && port.elsewhere

package tls

// Sessions are the protocol's, so that nothing here can make or read one. What is
// declared is so because Go's API has it.

// Bytes returns an error.
func (s *SessionState) Bytes() ([]byte, error) { return nil, errNoSessions }

// ParseSessionState returns an error.
func ParseSessionState(data []byte) (*SessionState, error) { return nil, errNoSessions }

// NewResumptionState returns an error.
func NewResumptionState(ticket []byte, state *SessionState) (*ClientSessionState, error) {
	return nil, errNoSessions
}

// ResumptionState returns nothing: no ClientSessionState has a session.
func (cs *ClientSessionState) ResumptionState() (ticket []byte, state *SessionState, err error) {
	return nil, nil, nil
}

// EncryptTicket returns an error.
func (c *Config) EncryptTicket(cs ConnectionState, ss *SessionState) ([]byte, error) {
	return nil, errNoSessions
}

// DecryptTicket returns an error.
func (c *Config) DecryptTicket(identity []byte, cs ConnectionState) (*SessionState, error) {
	return nil, errNoSessions
}
