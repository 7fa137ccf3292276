//go:build tinynetport && notls && !nethttptransport && (baremetal || tinynet_board)

package http

// DefaultTransport is what a [Client] without a Transport sends its requests
// by, and with it [Get], [Head] and [Post]. On a board, in a program without
// TLS, it is no [*Transport] but has one: a value of that type in an interface
// would link a description of all that its fields lead to, certificates among
// it, 60 kB. A program that needs DefaultTransport.(*Transport) is built with
// -tags nethttptransport, or sets the variable to a Transport of its own.
var DefaultTransport RoundTripper = ownTransport{}

type ownTransport struct{}

func (ownTransport) RoundTrip(req *Request) (*Response, error) {
	return defaultTransport.RoundTrip(req)
}
func (ownTransport) CloseIdleConnections() { defaultTransport.CloseIdleConnections() }

// isOwnTransport and ownTransportKnown are for [knownRoundTripperImpl].
func isOwnTransport(rt RoundTripper) bool {
	_, own := rt.(ownTransport)
	return own
}

func ownTransportKnown(req *Request) bool {
	alt := defaultTransport.alternateRoundTripper(req)
	return alt == nil || knownRoundTripperImpl(alt, req)
}
