//go:build tinynetport && port.elsewhere

package tls

import "context"

// QUIC needs the protocol in this package. A QUICConn is only declared, and what would
// make it do something is an error that says what to do.

// QUICClient returns a QUICConn that cannot be started.
func QUICClient(config *QUICConfig) *QUICConn {
	return &QUICConn{conn: Client(nil, config.TLSConfig)}
}

// QUICServer returns a QUICConn that cannot be started.
func QUICServer(config *QUICConfig) *QUICConn {
	return &QUICConn{conn: Server(nil, config.TLSConfig)}
}

// Start, HandleData, SendSessionTicket and StoreSession return an error.
func (q *QUICConn) Start(ctx context.Context) error { return quicElsewhere() }

func (q *QUICConn) HandleData(level QUICEncryptionLevel, data []byte) error { return quicElsewhere() }

func (q *QUICConn) SendSessionTicket(opts QUICSessionTicketOptions) error { return quicElsewhere() }

func (q *QUICConn) StoreSession(session *SessionState) error { return quicElsewhere() }

// NextEvent returns no event: none happens before Start.
func (q *QUICConn) NextEvent() QUICEvent { return QUICEvent{Kind: QUICNoEvent} }

// SetTransportParameters does nothing: nobody is told of them.
func (q *QUICConn) SetTransportParameters(params []byte) {}

// Close does nothing: there is nothing that was started.
func (q *QUICConn) Close() error { return nil }

// ConnectionState is that of a connection that was never made.
func (q *QUICConn) ConnectionState() ConnectionState { return q.conn.ConnectionState() }
