package devtest

// The list of all rules.

// Rules are all rules, in the order in which they are tested.
var Rules = []Rule{
	{
		"sockets", "has two sockets at least, with different numbers that are not negative",
		"a server has no socket for its client, an http.Client none for a redirect",
		checkSockets,
	},
	{
		"numbers", "fails calls with a number that is no open socket's",
		"a stray call after Close disturbs somebody else's connection, or stops the program",
		checkNumbers,
	},
	{
		"refused", "fails Connect where nobody listens, and can connect after that",
		"Dial succeeds without a peer, or a server that is down for a moment is lost for ever",
		checkRefused,
	},
	{
		"stream", "sends and receives a stream's bytes unchanged and in order",
		"data is damaged",
		checkStream,
	},
	{
		"counts", "returns counts between 0 and the size of the buffer, or -1 with an error, and 0 without an error never",
		"Read and Write fail with the error for a bad count, or a Read takes it for the end of the stream",
		checkCounts,
	},
	{
		"again", "can open and close connections many times",
		"the device runs out of sockets, and the program has to be restarted",
		checkAgain,
	},
	{
		"recv-deadline", "ends Recv at its deadline with a timeout error",
		"net needs a second goroutine for each Read that waits, for as long as nothing comes: its socket, buffer and stack are not given back",
		checkRecvDeadline,
	},
	{
		"late-bytes", "keeps what comes after a Recv has ended for the next one",
		"bytes are lost after each deadline",
		checkLateBytes,
	},
	{
		"deadline-cleared", "waits without limit in a Recv with a zero deadline, whatever deadline an earlier one had",
		"timeouts strike connections that have none any more; net works around it with deadlines in each call",
		checkDeadlineCleared,
	},
	{
		"deadline-prompt", "ends Recv within 40 ms of its deadline",
		"net keeps its own deadlines with a second goroutine; closed connections stay in the driver longer",
		checkDeadlinePrompt,
	},
	{
		"recv-prompt", "returns what comes while Recv waits within 40 ms",
		"each answer of a peer is late; a keep-alive connection makes ten requests a second, and no more",
		checkRecvPrompt,
	},
	{
		"eof", "returns io.EOF at the end of a stream, after all its bytes, each time",
		"io.ReadAll never returns, or returns an error for what is whole",
		checkEOF,
	},
	{
		"reset", "returns an error other than io.EOF from Recv when the peer has broken the connection",
		"a Read without a deadline hangs for ever when a peer crashes, and its socket is lost",
		checkReset,
	},
	{
		"send-count", "[Deadliner, Interrupter] says how much was sent when Send ends at the socket's deadline",
		"a Write that ended at its deadline tells a count that is wrong, and what is sent again arrives twice",
		checkSendCount,
	},
	{
		"duplex", "sends over a connection while a Recv waits on it",
		"requests are not sent before the answer comes: http.Client and TLS hang",
		checkDuplex,
	},
	{
		"others", "does the calls for other sockets while a Recv waits",
		"one idle connection stops all others, and Dial and Close too, until something comes",
		checkOthers,
	},
	{
		"close-recv", "ends a Recv that waits when its socket is closed",
		"the number of a closed connection is still read from; when it is given out again, bytes go to the wrong connection",
		checkCloseRecv,
	},
	{
		"options", "sets TCP_NODELAY and SO_KEEPALIVE, and the other options or fails",
		"SetNoDelay and SetKeepAlive fail; a peer that is gone is not noticed",
		checkOptions,
	},
	{
		"tls", "fails Socket with IPPROTO_TLS, unless it does TLS itself",
		"what was meant to be secret is sent in the clear",
		checkTLS,
	},
	{
		"raw", "fails Socket with SOCK_RAW, unless it has sockets of IP itself",
		"ListenIP succeeds, and sends or receives something else",
		checkRaw,
	},
	{
		"lookup", "finds the address of a name, and fails for a name that does not exist",
		"Dial of a name connects to nobody, or to somebody else",
		checkLookup,
	},
	{
		"datagrams", "keeps datagrams apart, and their bytes unchanged, on a connected socket",
		"DNS and NTP fail",
		checkDatagrams,
	},
	{
		"datagram-long", "drops the rest of a datagram that is longer than the buffer",
		"the rest is taken for the next datagram",
		checkDatagramLong,
	},
	{
		"datagram-close", "sends a datagram all the same when its socket is closed after Send",
		"what is sent once, as to a log, to wake a computer up or to tell a measurement, gets lost without an error",
		checkDatagramClose,
	},
	{
		"listen", "has Listen and Accept",
		"there are no servers on the device",
		checkListen,
	},
	{
		"in-use", "fails Bind or Listen on a port that has a listener, and not after its Close",
		"two servers share a port without knowing it, or a server cannot be started again",
		checkInUse,
	},
	{
		"accept-peer", "tells the client's address in Accept",
		"RemoteAddr is wrong, in logs and in what is allowed to whom",
		checkAcceptPeer,
	},
	{
		"accept-silent", "returns from Accept when a client has connected, before that sends anything",
		"protocols in which the server speaks first (SMTP, FTP, MySQL) hang; silent clients are not seen, nor timed out",
		checkAcceptSilent,
	},
	{
		"accept-lock", "does the calls for other sockets without delay while an Accept waits",
		"each connection of a server is slower as long as it waits for more",
		checkAcceptLock,
	},
	{
		"close-accept", "ends an Accept that waits when its listener is closed",
		"each server that is shut down leaves a goroutine in the driver, and the next connection may be lost there",
		checkCloseAccept,
	},
	{
		"errors", "returns errors that say what has happened: by errors.Is, or by a method, as package netdev has them",
		"programs cannot tell a server that is down from a name that is wrong; net has only the error's words to go by, and knows those of few drivers",
		checkErrors,
	},
	{
		"opt-deadline", "[Deadliner] ends calls that wait, and fails calls after the deadline even with something to return, which stays",
		"deadlines and Close don't act, or lose bytes",
		checkOptDeadline,
	},
	{
		"opt-interrupt", "[Interrupter] ends calls that wait, and those that would have to wait until it is taken back",
		"deadlines and Close don't act, or lose bytes",
		checkOptInterrupt,
	},
	{
		"opt-datagrams", "[Datagrammer] sends to, and receives from, several peers, and tells them apart",
		"a UDP server answers the wrong client",
		checkOptDatagrams,
	},
	{
		"opt-sockname", "[SockNamer] tells the port that the device chose, and the address that a peer sees",
		"Listen on port 0 is of no use, LocalAddr is wrong",
		checkOptSockname,
	},
	{
		"opt-shutdown", "[Shutdowner] ends what the peer reads, and goes on receiving",
		"a peer that reads to the end before it answers waits for ever",
		checkOptShutdown,
	},
	{
		"opt-lookup", "[NetIPLookuper] looks up for ip, ip4 and ip6, with addresses of that family alone, and ends with its context",
		"Dial of a name fails, or connects over the wrong family, or outlives its deadline",
		checkOptLookup,
	},
	{
		"opt-interfaces", "[Interfacer] tells interfaces from index 2 on, each with its addresses, and among them the one that Addr tells",
		"net.Interfaces and InterfaceAddrs lack the device's address",
		checkOptInterfaces,
	},
	{
		"opt-families", "[AddressFamilies] has sockets of the families that it says, and of no others",
		"Dial and Listen choose a family that is not there, or miss one that is",
		checkOptFamilies,
	},
	{
		"opt-dns", "[DNSConfigurer] tells servers with an address and a port",
		"Go's DNS client asks nobody",
		checkOptDNS,
	},
	{
		"opt-multicast", "[Multicaster] joins a group, and fails for what is none",
		"ListenMulticastUDP succeeds and hears nothing",
		checkOptMulticast,
	},
	{
		"opt-unix", "[UnixNamer] connects unix sockets by their names, and is a Deadliner",
		"net.Dial of a unix socket hangs, or finds nobody",
		checkOptUnix,
	},
	{
		"opt-tls", "[TLSOffload] opens a socket with IPPROTO_TLS if it says that it does TLS, and fails one if not",
		"https fails on a device that could do it, or is sent in the clear",
		checkOptTLS,
	},
}
