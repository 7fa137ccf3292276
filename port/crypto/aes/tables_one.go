//go:build tinynetport && port.smalltls

package aes

// mixColumn gives one column of a round that encrypts: what SubBytes and MixColumns
// make of four bytes of the state. The tables of Go for its second, third and fourth
// byte are the one for the first, turned by 8, 16 and 24 bits. Which places of the table
// are read depends on secrets, as it does with four.
func mixColumn(a, b, c, d uint8) uint32 {
	w, x, y, z := te0[a], te0[b], te0[c], te0[d]
	return w ^ (x>>8 | x<<24) ^ (y>>16 | y<<16) ^ (z>>24 | z<<8)
}

// unmixColumn is the same for a round that decrypts.
func unmixColumn(a, b, c, d uint8) uint32 {
	w, x, y, z := td0[a], td0[b], td0[c], td0[d]
	return w ^ (x>>8 | x<<24) ^ (y>>16 | y<<16) ^ (z>>24 | z<<8)
}
