//go:build tinynetport && tlssmall && !tlsfull

package tls

import "testing"

// replayed has a test, and no other, offer all that Go offers: it replays a
// handshake that was recorded so, and the messages are compared by their bytes.
func replayed(t *testing.T) {
	substitute := offeredEd25519
	offersLeftOut = true
	offerEd25519(Ed25519)
	t.Cleanup(func() {
		offersLeftOut = false
		offerEd25519(substitute)
	})
}
