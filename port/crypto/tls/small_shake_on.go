//go:build tinynetport && port.smalltls && !port.elsewhere

package tls

import "io"

// Kyber's draft is left out, so nothing comes here; but importing what it hashes
// with would link it.

func newShake256() io.ReadWriter { panic("tls: a board has no ML-KEM") }

func sum256([]byte) [32]byte { panic("tls: a board has no ML-KEM") }
