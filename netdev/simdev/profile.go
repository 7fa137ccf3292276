package simdev

import (
	"net/netip"
	"time"
)

// A Config says what a device is like. The zero Config is a device without
// faults that has the eleven methods of netdev.Netdever and no more.
type Config struct {
	Name    string // for messages
	Addr    netip.Addr
	Methods Methods // the optional interfaces

	Poll           time.Duration // how often a call that waits looks again; 0: it is woken
	MaxSockets     int           // 0: 64
	MaxConnections int           // as many streams may be connected, one more fails at Connect with ErrExhausted; 0: as many as there are sockets
	SendBuffer     int           // bytes of a stream that wait to go out; 0: 4096
	RecvBuffer     int           // bytes of a stream, or datagrams, that wait for Recv; 0: 4096
	ConnectTimeout time.Duration // after which Connect gives up an address where nobody is; 0: 2 s
	DNSDelay       time.Duration // how long each lookup takes
	Names          map[string]netip.Addr
	Seed           uint64        // of everything random
	Delay          time.Duration // each call begins late, by a random time up to this
	LowestNumber   bool          // a closed number is given out again at once
	TLS            TLS
	Misbehaviour   Misbehaviour
	Faults         Faults
}

// Methods are the optional interfaces that a device has.
type Methods int

const (
	Bare       Methods = iota // none
	Datagrams                 // Datagrammer, SockNamer, Shutdowner
	Interrupts                // these and Interrupter
	All                       // these without Interrupter, but Deadliner, NetIPLookuper, DNSConfigurer, Interfacer, AddressFamilies
)

// TLS is what becomes of a socket with IPPROTO_TLS.
type TLS int

const (
	NoTLS    TLS = iota // there is none
	Offload             // the device encrypts it (here: makes it unreadable)
	PlainTLS            // it is TCP, with nobody told
)

// Misbehaviour is what real drivers do, against the rules.
type Misbehaviour struct {
	OneSocket           bool // Listen and Accept do not exist, and there is one socket
	NoListen            bool // Listen and Accept do not exist
	NoOptions           bool // SetSockOpt fails
	AcceptAfterData     bool // Accept waits until the client has sent something
	AcceptIgnoresClose  bool // Accept waits on although its listener was closed
	AcceptHoldsLock     bool // Accept holds the device's lock for every other Poll
	RecvIgnoresClose    bool // Recv waits on although its socket was closed, for whatever socket has the number next
	RecvIgnoresDeadline bool
	RecvRetriesErrors   bool // Recv waits on after the connection was broken
	EmptyRecvSpins      bool // Recv with no room never returns
	PartialSendIsError  bool // Send that has sent a part when its deadline passes returns -1
	BlocksLocked        bool // a call that waits holds the device's lock
	StaleDeadlines      bool // a zero deadline leaves an earlier one as it was
	RefusedIsLate       bool // Connect that is refused says ErrLate, which is no timeout
	ForgetsEOF          bool // Recv says once that a stream has ended, and then that it is closed
	ListenerEndsAll     bool // Close of a listener breaks the connections that it has accepted
}

// Faults are bad luck. Each number is how many calls there are to one that has
// it, 0 for never; which call it is, is random.
type Faults struct {
	ShortReads  int // Recv of a stream returns less than there is
	ShortWrites int // Send of a stream takes less than there is room for
	Transient   int // Send, Recv or Accept fails with ErrTransient, and has done nothing
	Nonsense    int // Send or Recv returns what cannot be, and has done nothing
}

// addr is the address of devices whose Config has none.
var addr = netip.AddrFrom4([4]byte{10, 0, 0, 1})

// Profiles are devices that behave like real ones, as far as net can tell, and
// some ideal ones. Times are the real ones; see Faster.
var Profiles = []Config{
	{Name: "good", Methods: All},
	{Name: "interrupting", Methods: Interrupts},
	{Name: "datagrams", Methods: Datagrams, LowestNumber: true},
	{
		Name: "wifinina", Poll: 100 * time.Millisecond, MaxSockets: 10, LowestNumber: true, TLS: Offload,
		Misbehaviour: Misbehaviour{
			NoOptions: true, AcceptAfterData: true, AcceptIgnoresClose: true,
			RecvIgnoresClose: true, EmptyRecvSpins: true, PartialSendIsError: true,
		},
	},
	{
		Name: "rtl8720dn", Poll: 100 * time.Millisecond, MaxSockets: 8, TLS: Offload,
		Misbehaviour: Misbehaviour{NoOptions: true, AcceptHoldsLock: true, RecvRetriesErrors: true, RecvIgnoresClose: true},
	},
	{
		Name: "espat", Poll: 100 * time.Millisecond, TLS: Offload,
		Misbehaviour: Misbehaviour{OneSocket: true, NoOptions: true},
	},
	{
		Name: "comboat", MaxSockets: 8, TLS: Offload,
		Misbehaviour: Misbehaviour{NoListen: true, NoOptions: true, RecvIgnoresDeadline: true, BlocksLocked: true},
	},
	{Name: "w5500-like", Poll: time.Millisecond, MaxSockets: 8, LowestNumber: true, SendBuffer: 2048, RecvBuffer: 2048},
	{
		// lneto's own StackBerkeley, that is; netdev/lneto keeps the rules.
		Name: "lneto", Poll: 5 * time.Millisecond, MaxSockets: 8, MaxConnections: 8, RecvBuffer: 1024, TLS: PlainTLS,
		Misbehaviour: Misbehaviour{StaleDeadlines: true, RefusedIsLate: true, ForgetsEOF: true, ListenerEndsAll: true},
	},
}

// Profile returns the profile of that name. It panics if there is none.
func Profile(name string) Config {
	for _, c := range Profiles {
		if c.Name == name {
			return c
		}
	}
	panic("simdev: no profile " + name)
}

// Faster returns the device with its polls and its Connect n times as fast, for
// tests that have no need of the true times.
func (c Config) Faster(n int) Config {
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = connectTimeout
	}
	c.ConnectTimeout /= time.Duration(n)
	c.Poll /= time.Duration(n)
	return c
}

// At returns the device with another address.
func (c Config) At(ip string) Config {
	c.Addr = netip.MustParseAddr(ip)
	return c
}
