//go:build tinynetport && notls && !nethttptransport && port.board

package http

// DefaultTransport is what a [Client] without a Transport sends its requests
// by, and with it [Get], [Head] and [Post]. On a board, in a program without
// TLS, it is no [*Transport] but has one: a value of that type in an interface
// would link a description of all that its fields lead to, certificates among
// it, 60 kB. A program that needs DefaultTransport.(*Transport), or gives the
// variable another value, does not compile unless it has -tags nethttptransport.
// See docs/RATIONALE.md, "An assertion that does not compile".
var DefaultTransport withoutTLS = ownTransport{}

// withoutTLS is a RoundTripper that no other type is, so that the compiler finds
// what could only fail when it runs. The name of its method is what it says then.
type withoutTLS interface {
	RoundTripper
	CloseIdleConnections()
	needs_build_tag_nethttptransport()
}

type ownTransport struct{}

func (ownTransport) RoundTrip(req *Request) (*Response, error) {
	return defaultTransport.RoundTrip(req)
}
func (ownTransport) CloseIdleConnections()             { defaultTransport.CloseIdleConnections() }
func (ownTransport) needs_build_tag_nethttptransport() {}

// isOwnTransport and ownTransportKnown are for [knownRoundTripperImpl].
func isOwnTransport(rt RoundTripper) bool {
	_, own := rt.(ownTransport)
	return own
}

func ownTransportKnown(req *Request) bool {
	alt := defaultTransport.alternateRoundTripper(req)
	return alt == nil || knownRoundTripperImpl(alt, req)
}
