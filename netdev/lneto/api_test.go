package lneto_test

import (
	"github.com/soypat/lneto"
	"github.com/soypat/lneto/arp"
	"github.com/soypat/lneto/dhcp/dhcpv4"
	"github.com/soypat/lneto/ethernet"
	"github.com/soypat/lneto/ipv4"
	"github.com/soypat/lneto/ipv4/icmpv4"
	"github.com/soypat/lneto/tcp"
	"github.com/soypat/lneto/udp"
)

// What this package rests on of lneto. A newer one with which this does not
// compile says here what has moved.
var (
	_ func(h *tcp.Handler, tx, rx []byte, segments int) error         = (*tcp.Handler).SetBuffers
	_ func(h *tcp.Handler, loss tcp.LossRecovery, now func() int64)   = (*tcp.Handler).SetLossRecovery
	_ func(h *tcp.Handler, local, remote uint16, iss tcp.Value) error = (*tcp.Handler).OpenActive
	_ func(h *tcp.Handler, local uint16, iss tcp.Value) error         = (*tcp.Handler).OpenListen
	_ func(h *tcp.Handler, segment []byte) error                      = (*tcp.Handler).Recv
	_ func(h *tcp.Handler, segment []byte) (int, error)               = (*tcp.Handler).Send
	_ func(h *tcp.Handler, b []byte) (int, error)                     = (*tcp.Handler).Read
	_ func(h *tcp.Handler, b []byte) (int, error)                     = (*tcp.Handler).Write
	_ func(h *tcp.Handler) error                                      = (*tcp.Handler).Close
	_ func(h *tcp.Handler)                                            = (*tcp.Handler).Abort
	_ func(h *tcp.Handler)                                            = (*tcp.Handler).RequeueControl
	_ func(h *tcp.Handler) tcp.State                                  = (*tcp.Handler).State
	_                                                                 = []func(h *tcp.Handler) int{
		(*tcp.Handler).BufferedInput, (*tcp.Handler).FreeInput,
		(*tcp.Handler).FreeOutput, (*tcp.Handler).SizeOutput, (*tcp.Handler).BufferedUnsent,
	}

	_ = tcp.Segment{SEQ: tcp.Value(0), ACK: tcp.Value(0), WND: tcp.Size(0), DATALEN: tcp.Size(0), Flags: tcp.FlagACK}
	_ = tcp.RxDirective{Keep: true}
	_ = tcp.TxDirective{RetransmitAll: true}

	_ func([]byte) (tcp.Frame, error)      = tcp.NewFrame
	_ func([]byte) (udp.Frame, error)      = udp.NewFrame
	_ func([]byte) (arp.Frame, error)      = arp.NewFrame
	_ func([]byte) (ipv4.Frame, error)     = ipv4.NewFrame
	_ func([]byte) (icmpv4.Frame, error)   = icmpv4.NewFrame
	_ func([]byte) (ethernet.Frame, error) = ethernet.NewFrame
	_ func([]byte) (dhcpv4.Frame, error)   = dhcpv4.NewFrame

	_ func(c *lneto.CRC791, b []byte) uint16 = (*lneto.CRC791).PayloadSum16
)
