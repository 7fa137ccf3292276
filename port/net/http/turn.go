//go:build tinynetport

package http

import _ "unsafe" // for linkname

// exclusiveDevice reports whether the network device does nothing else while a
// connection is read: see Exclusive in tinynet's package netdev.
//
//go:linkname exclusiveDevice net.exclusiveDevice
func exclusiveDevice() bool

// A turn keeps a client from reading before its request is written, where that
// would keep the request from the device. It is nil where both can go on at the
// same time.
// See docs/RATIONALE.md, "The client waits with reading".
type turn chan struct{}

func newTurn() turn {
	if exclusiveDevice() {
		return make(turn, 1)
	}
	return nil
}

// written is called when a request is.
func (t turn) written() {
	select {
	case t <- struct{}{}:
	default:
	}
}

// await returns when the next request is written, or the connection is closed.
func (t turn) await(closed <-chan struct{}) {
	if t != nil {
		select {
		case <-t:
		case <-closed:
		}
	}
}

// peek waits for the first byte of an answer.
func (pc *persistConn) peek() error {
	pc.turn.await(pc.closech)
	_, err := pc.br.Peek(1)
	return err
}
