//go:build tinynetport && port.smalltls

package x509

import (
	"bytes"
	"slices"
)

// A board's pool has a few certificates, and no maps: two that are empty take 1,000
// bytes of a heap, and a handshake has a pool of its own besides that of the roots.

// named lists the certificates with a subject. It is a call, for the chain's frames, of
// which there are several below each other, to be small.
//
//go:noinline
func (s *CertPool) named(subject []byte) (found []int) {
	for i := range s.lazyCerts {
		if bytes.Equal(s.lazyCerts[i].rawSubject, subject) {
			found = append(found, i)
		}
	}
	return found
}

func (s *CertPool) has(sum sum224) bool { return slices.Contains(s.sums, sum) }

func (s *CertPool) note(sum sum224) { s.sums = append(s.sums, sum) }

// index has nothing to do: named looks at all.
func (s *CertPool) index(string) {}

func (s *CertPool) clone() *CertPool {
	return &CertPool{lazyCerts: slices.Clone(s.lazyCerts), sums: slices.Clone(s.sums), systemPool: s.systemPool}
}

func (s *CertPool) same(other *CertPool) bool {
	return s.systemPool == other.systemPool && len(s.sums) == len(other.sums) &&
		!slices.ContainsFunc(s.sums, func(sum sum224) bool { return !other.has(sum) })
}

// parsed is told when a certificate is not needed any more that was parsed to see that
// it can be. TinyGo's collector may find its address on the stack for long, and what it
// leads to takes 1,500 bytes.
func parsed(cert *Certificate) { *cert = Certificate{} }
