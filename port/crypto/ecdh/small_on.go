//go:build tinynetport && port.smalltls

package ecdh

import "crypto/internal/fips140/nistec"

// small tells whether X25519 is the one that boards have.
const small = true

func smallX25519(dst, scalar, point []byte) { nistec.X25519(dst, scalar, point) }
