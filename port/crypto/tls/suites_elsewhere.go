//go:build tinynetport && port.elsewhere

package tls

// Go's common.go asks which suite a server would choose. Here is no server, so that
// nobody calls what asks (see ClientHelloInfo.SupportsCertificate), but it compiles.

type cipherSuite struct{ flags int }

func selectCipherSuite(ids, supported []uint16, ok func(*cipherSuite) bool) *cipherSuite { return nil }
