//go:build tinynetport && (!notls || nethttptransport || !port.board)

package http

// DefaultTransport is what a [Client] without a Transport sends its requests
// by, and with it [Get], [Head] and [Post]. It is a [*Transport], with idle
// connections and time limits that fit the computer or board.
var DefaultTransport RoundTripper = &defaultTransport

func isOwnTransport(RoundTripper) bool { return false }
func ownTransportKnown(*Request) bool  { return false }
