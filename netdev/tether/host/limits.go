package host

import (
	"time"

	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// Everything that a board can cause here has a bound. At a bound the board
// waits, gets an error, or loses its session; docs/tether.md says which, and
// names the test that holds each. With all of them reached at once, a host
// stays under 64 MB.
const (
	// mostWaiting is how many bytes may wait for the board before the host takes
	// its next message. Whoever does not take answers can ask no more.
	mostWaiting = 32 << 10

	mostSockets         = 512 // with those that the board has closed and that still send
	mostDatagramSockets = 64  // of these
	mostGroups          = 32  // that sockets are members of, in all

	// The credits are how much the board may send before the computer has sent
	// it on: bytes of each connection, and for each datagram socket.
	streamCredit   = 32 << 10
	datagramCredit = 128 << 10

	mostLookups = 8   // that the resolver has at once
	mostQueries = 256 // lookups that wait for those
	lookupLimit = 20 * time.Second
	mostAnswers = 64   // addresses of one name
	mostNames   = 4096 // addresses of which is known by which rules' names the board got them
	mostPeers   = 512  // of a datagram socket: to whom it has sent, and who has sent to it

	mostLinks    = 32
	mostPrefixes = 16 // of one interface
	mostReply    = 4 << 10
	mostErrText  = 256
	mostBuffer   = 256 << 10 // that SO_SNDBUF and SO_RCVBUF may ask of the system
	mostBacklog  = 128

	// flushWait is how long what the board had sent before it closed a
	// connection may take to the peer.
	flushWait = 30 * time.Second

	// The end: how long the farewell may take on the line, how long the line may
	// take to close, and how long connections that were closed may go on to send.
	// Together they are less than two seconds.
	leaveWait = 200 * time.Millisecond
	closeWait = 500 * time.Millisecond
	drainWait = 700 * time.Millisecond

	mostDatagram = 65507
	// mostMessage is the longest message that has a meaning: a datagram.
	mostMessage = mostDatagram + wire.DatagramCost
)
