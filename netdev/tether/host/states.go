package host

import (
	"github.com/tinynet/tinynet/netdev/internal/errno"
	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// A state says what a socket is, and with that, what the board may ask of it.
type state byte

const (
	fresh     state = iota // opened, and nothing else
	named                  // a stream that was given an address
	dialing                // a connect is under way
	connected              // a stream with a peer
	finished               // the same, after the board's end of its half
	listening              // for connections
	failed                 // a stream of which the board was told that it is over
	receiving              // datagrams, perhaps of one peer
	dialled                // datagrams of one peer, to whom the system has connected it
	states
)

// legal is the table of what is legal in which state. What is not there is
// answered with an error if it is a call, and else ignored.
var legal = [states]map[wire.Op]bool{
	fresh:     {wire.OpBind: true, wire.OpConnect: true, wire.OpListen: true, wire.OpOption: true, wire.OpMulticast: true, wire.OpDatagram: true},
	named:     {wire.OpConnect: true, wire.OpListen: true, wire.OpOption: true},
	dialing:   {wire.OpOption: true},
	connected: {wire.OpOption: true, wire.OpData: true, wire.OpEnd: true, wire.OpCredit: true},
	finished:  {wire.OpOption: true, wire.OpCredit: true},
	listening: {wire.OpOption: true, wire.OpCredit: true},
	failed:    {},
	receiving: {wire.OpConnect: true, wire.OpOption: true, wire.OpMulticast: true, wire.OpDatagram: true, wire.OpCredit: true},
	dialled:   {wire.OpOption: true, wire.OpMulticast: true, wire.OpDatagram: true, wire.OpCredit: true},
}

// onlyStreams and onlyDatagrams are what is legal for one kind of socket only,
// in the states that both can have.
var (
	onlyStreams   = map[wire.Op]bool{wire.OpListen: true, wire.OpData: true, wire.OpEnd: true}
	onlyDatagrams = map[wire.Op]bool{wire.OpMulticast: true, wire.OpDatagram: true}
)

// allows tells whether a message is legal for a socket.
func (s *socket) allows(op wire.Op) bool {
	if s.stream && onlyDatagrams[op] || !s.stream && onlyStreams[op] {
		return false
	}
	return legal[s.state][op]
}

// illegal is the error for a call that is not legal.
func (s *socket) illegal(op wire.Op) error {
	switch {
	case op == wire.OpConnect && s.state == dialing:
		return errno.EALREADY
	case op == wire.OpConnect && s.state != listening:
		return errno.EISCONN
	}
	return errno.EINVAL
}
