package lneto

import (
	"crypto/rand"
	"encoding/binary"
	"math/bits"
)

// A key makes numbers that nobody can guess who does not know it, however many
// of them he has seen: by SipHash-2-4, a keyed hash that was made for short
// messages. A mere generator will not do. Peers see its numbers in ports, in
// sequence numbers and in questions, and would work out from them what follows.
type key [2]uint64

// newKey makes a key of a seed, or of what the system, or the chip, has for
// random numbers.
func newKey(seed uint64) (key, error) {
	if seed != 0 {
		return key{seed, ^seed}, nil
	}
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return key{}, err
	}
	return key{binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])}, nil
}

// hash is the hash of a message of whole words.
func (k *key) hash(words ...uint64) uint64 {
	s := sip{
		k[0] ^ 0x736f6d6570736575, k[1] ^ 0x646f72616e646f6d,
		k[0] ^ 0x6c7967656e657261, k[1] ^ 0x7465646279746573,
	}
	for _, w := range words {
		s.word(w)
	}
	s.word(uint64(8*len(words)) << 56) // the length in bytes ends the message
	s[2] ^= 0xff
	for range 4 {
		s.round()
	}
	return s[0] ^ s[1] ^ s[2] ^ s[3]
}

type sip [4]uint64

func (s *sip) word(w uint64) {
	s[3] ^= w
	s.round()
	s.round()
	s[0] ^= w
}

func (s *sip) round() {
	a, b, c, d := s[0], s[1], s[2], s[3]
	a += b
	c += d
	b = bits.RotateLeft64(b, 13) ^ a
	d = bits.RotateLeft64(d, 16) ^ c
	a = bits.RotateLeft64(a, 32)
	c += b
	a += d
	b = bits.RotateLeft64(b, 17) ^ c
	d = bits.RotateLeft64(d, 21) ^ a
	c = bits.RotateLeft64(c, 32)
	*s = sip{a, b, c, d}
}
