package w5500sim

import "fmt"

// Common registers (datasheet, section 4.1).
const (
	MR       = 0x0000 // mode
	GAR      = 0x0001 // gateway address
	SUBR     = 0x0005 // subnet mask
	SHAR     = 0x0009 // hardware address
	SIPR     = 0x000f // IP address
	INTLEVEL = 0x0013 // interrupt low level timer
	IR       = 0x0015 // interrupts
	IMR      = 0x0016 // interrupt mask
	SIR      = 0x0017 // sockets with interrupts
	SIMR     = 0x0018 // socket interrupt mask
	RTR      = 0x0019 // retransmission time, in 100 µs
	RCR      = 0x001b // retransmission count
	PTIMER   = 0x001c // PPP
	UIPR     = 0x0028 // unreachable address
	UPORTR   = 0x002c // unreachable port
	PHYCFGR  = 0x002e // PHY
	VERSIONR = 0x0039 // chip version

	commonSize = 0x40
)

// Socket registers (section 4.2).
const (
	SnMR        = 0x00 // mode
	SnCR        = 0x01 // command
	SnIR        = 0x02 // interrupts
	SnSR        = 0x03 // status
	SnPORT      = 0x04 // source port
	SnDHAR      = 0x06 // destination hardware address
	SnDIPR      = 0x0c // destination address
	SnDPORT     = 0x10 // destination port
	SnMSSR      = 0x12 // maximum segment size
	SnTOS       = 0x15
	SnTTL       = 0x16
	SnRXBUFSIZE = 0x1e // in kB
	SnTXBUFSIZE = 0x1f
	SnTXFSR     = 0x20 // free size
	SnTXRD      = 0x22
	SnTXWR      = 0x24
	SnRXRSR     = 0x26 // received size
	SnRXRD      = 0x28
	SnRXWR      = 0x2a
	SnIMR       = 0x2c
	SnFRAG      = 0x2d
	SnKPALVTR   = 0x2f

	socketSize = 0x30
)

// Protocols in Sn_MR.
const (
	ModeTCP    = 1
	ModeUDP    = 2
	ModeMACRAW = 4
)

// Commands in Sn_CR.
const (
	OPEN     = 0x01
	LISTEN   = 0x02
	CONNECT  = 0x04
	DISCON   = 0x08
	CLOSE    = 0x10
	SEND     = 0x20
	SENDMAC  = 0x21
	SENDKEEP = 0x22
	RECV     = 0x40
)

// Interrupts in Sn_IR.
const (
	IntCON     = 1 << 0
	IntDISCON  = 1 << 1
	IntRECV    = 1 << 2
	IntTIMEOUT = 1 << 3
	IntSENDOK  = 1 << 4
)

// Block select bits of a frame's control phase (section 2.2.2). Those of socket
// n have 4*n added.
const (
	blockCommon = 0
	blockSocket = 1
	blockTX     = 2
	blockRX     = 3
)

// A Status is the state of a socket, as in Sn_SR.
type Status byte

const (
	Closed      Status = 0x00
	Init        Status = 0x13
	Listen      Status = 0x14
	SynSent     Status = 0x15
	SynRecv     Status = 0x16
	Established Status = 0x17
	FinWait     Status = 0x18
	Closing     Status = 0x1a
	TimeWait    Status = 0x1b
	CloseWait   Status = 0x1c
	LastAck     Status = 0x1d
	UDP         Status = 0x22
	MACRAW      Status = 0x42
)

func (s Status) String() string {
	for _, v := range [...]struct {
		s    Status
		name string
	}{
		{Closed, "CLOSED"}, {Init, "INIT"}, {Listen, "LISTEN"}, {SynSent, "SYNSENT"}, {SynRecv, "SYNRECV"},
		{Established, "ESTABLISHED"}, {FinWait, "FIN_WAIT"}, {Closing, "CLOSING"}, {TimeWait, "TIME_WAIT"},
		{CloseWait, "CLOSE_WAIT"}, {LastAck, "LAST_ACK"}, {UDP, "UDP"}, {MACRAW, "MACRAW"},
	} {
		if v.s == s {
			return "SOCK_" + v.name
		}
	}
	return fmt.Sprintf("Status(%#02x)", byte(s))
}

// powerUp has the reset values that are not 0 (sections 3.1 and 3.2).
func powerUp() (common [commonSize]byte, sock [socketSize]byte) {
	common[RTR], common[RTR+1] = 0x07, 0xd0
	common[RCR] = 8
	common[PTIMER] = 0x28
	common[PHYCFGR] = 0xb8
	common[VERSIONR] = 4
	for i := range 6 {
		sock[SnDHAR+i] = 0xff
	}
	sock[SnTTL] = 0x80
	sock[SnRXBUFSIZE], sock[SnTXBUFSIZE] = 2, 2
	sock[SnIMR] = 0xff
	sock[SnFRAG] = 0x40
	return common, sock
}
