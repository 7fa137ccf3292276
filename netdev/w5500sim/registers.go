package w5500sim

import "fmt"

// Common registers (datasheet, section 4.1).
const (
	regMR       = 0x0000 // mode
	regGAR      = 0x0001 // gateway address
	regSUBR     = 0x0005 // subnet mask
	regSHAR     = 0x0009 // hardware address
	regSIPR     = 0x000f // IP address
	regINTLEVEL = 0x0013 // interrupt low level timer
	regIR       = 0x0015 // interrupts
	regIMR      = 0x0016 // interrupt mask
	regSIR      = 0x0017 // sockets with interrupts
	regSIMR     = 0x0018 // socket interrupt mask
	regRTR      = 0x0019 // retransmission time, in 100 µs
	regRCR      = 0x001b // retransmission count
	regPTIMER   = 0x001c // PPP
	regUIPR     = 0x0028 // unreachable address
	regUPORTR   = 0x002c // unreachable port
	regPHYCFGR  = 0x002e // PHY
	regVERSIONR = 0x0039 // chip version

	commonSize = 0x40
)

// Socket registers (section 4.2).
const (
	snMR        = 0x00 // mode
	snCR        = 0x01 // command
	snIR        = 0x02 // interrupts
	snSR        = 0x03 // status
	snPORT      = 0x04 // source port
	snDHAR      = 0x06 // destination hardware address
	snDIPR      = 0x0c // destination address
	snDPORT     = 0x10 // destination port
	snMSSR      = 0x12 // maximum segment size
	snTOS       = 0x15
	snTTL       = 0x16
	snRXBUFSIZE = 0x1e // in kB
	snTXBUFSIZE = 0x1f
	snTXFSR     = 0x20 // free size
	snTXRD      = 0x22
	snTXWR      = 0x24
	snRXRSR     = 0x26 // received size
	snRXRD      = 0x28
	snRXWR      = 0x2a
	snIMR       = 0x2c
	snFRAG      = 0x2d
	snKPALVTR   = 0x2f

	socketSize = 0x30
)

// Protocols in Sn_MR.
const (
	modeTCP    = 1
	modeUDP    = 2
	modeMACRAW = 4
)

// Commands in Sn_CR.
const (
	cmdOPEN     = 0x01
	cmdLISTEN   = 0x02
	cmdCONNECT  = 0x04
	cmdDISCON   = 0x08
	cmdCLOSE    = 0x10
	cmdSEND     = 0x20
	cmdSENDMAC  = 0x21
	cmdSENDKEEP = 0x22
	cmdRECV     = 0x40
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
	common[regRTR], common[regRTR+1] = 0x07, 0xd0
	common[regRCR] = 8
	common[regPTIMER] = 0x28
	common[regPHYCFGR] = 0xb8
	common[regVERSIONR] = 4
	for i := range 6 {
		sock[snDHAR+i] = 0xff
	}
	sock[snTTL] = 0x80
	sock[snRXBUFSIZE], sock[snTXBUFSIZE] = 2, 2
	sock[snIMR] = 0xff
	sock[snFRAG] = 0x40
	return common, sock
}
