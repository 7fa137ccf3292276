// Package w5500sim is a simulated W5500, WIZnet's network chip with TCP/IP in
// hardware, for testing drivers of it without one.
//
// A [Chip] speaks the chip's protocol on a simulated SPI bus, and its registers,
// buffers, commands and states are those of the W5500 datasheet, version 1.1.0,
// whose sections the comments cite. What is on the other side of its cable is
// this computer: the chip's sockets are sockets on the loopback interface.
//
//	chip, err := w5500sim.New(w5500sim.Config{})
//	driver := w5500.New(chip, chip.CS()) // tinygo.org/x/drivers/w5500
//
// # Addresses
//
// The chip has the address that its SIPR register says, on a network of its own
// on which this computer is Config.HostIP (192.168.1.1). To the chip, a program
// at 127.0.0.1:5000 is 192.168.1.1:5000; [Chip.Map] gives it another address,
// and nobody else answers. Port 80 of the chip is some port of 127.0.0.1, which
// [Chip.HostAddr] tells and [Chip.MapPort] chooses.
//
// The loopback is reached through package net. In a program built by tinynet
// that has set a device, that is the built-in loopback, in memory; another
// [Network] can be given.
//
// # What is as on the chip
//
//   - A full RX buffer stops a TCP peer, and drops datagrams. The TX buffer has
//     room again only when its data was sent.
//   - CLOSE sends nothing. A peer that goes on to send is reset.
//   - A socket in SOCK_LISTEN becomes the connection. Until another one listens
//     at that port, further peers are refused (but see Config.Backlog).
//   - Sn_IR keeps its bits until they are cleared, over CLOSE and OPEN.
//   - Peers that do not answer, because the cable is unplugged ([Chip.SetLink])
//     or they are dead ([Chip.SetDead]), end in ARPTO or TCPTO: RTR and RCR count.
//   - OPEN on an open socket starts it anew.
//
// # What is not
//
// There is no MACRAW (the socket opens, nothing comes), PPPoE, multicast, ping,
// wake on LAN, IP fragmentation and no power-down mode. Frames between chip and
// peer are the computer's: acknowledgements, windows and MSS cannot be seen, a
// peer's kernel acknowledges what the chip has not read yet, and SENDOK comes
// when the kernel has the data. SOCK_SYNRECV, SOCK_TIME_WAIT and SOCK_LAST_ACK
// are passed too quickly to be read.
//
// Where the datasheet is silent, the chip does this: RST does not set an
// interrupt (the datasheet names FIN only for DISCON; Config.ResetInterrupt
// changes it); SEND with nothing to send sets SENDOK and sends nothing; a
// datagram from source port 0 arrives, but cannot be answered; a command that the
// state does not allow does nothing.
package w5500sim
