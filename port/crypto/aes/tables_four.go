//go:build tinynetport && !port.smalltls

package aes

func mixColumn(a, b, c, d uint8) uint32 { return te0[a] ^ te1[b] ^ te2[c] ^ te3[d] }

func unmixColumn(a, b, c, d uint8) uint32 { return td0[a] ^ td1[b] ^ td2[c] ^ td3[d] }
