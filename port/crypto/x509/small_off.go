//go:build tinynetport && !port.smalltls

package x509

import (
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
)

// leavesOut tells whether a board's set of algorithms is linked.
const leavesOut = false

// ed25519Key returns the key that grows from the seed.
func ed25519Key(seed []byte) (any, error) { return ed25519.NewKeyFromSeed(seed), nil }

func unmarshalPSS(der []byte, p *pssParameters) error {
	_, err := asn1.Unmarshal(der, p)
	return err
}

func unmarshalAlgorithm(der []byte, ai *pkix.AlgorithmIdentifier) error {
	_, err := asn1.Unmarshal(der, ai)
	return err
}

func unmarshalPoint(curve elliptic.Curve, point []byte) (x, y *big.Int) {
	return elliptic.Unmarshal(curve, point)
}

func readUTCTime(der *cryptobyte.String, t *time.Time) bool { return der.ReadASN1UTCTime(t) }

func readGeneralizedTime(der *cryptobyte.String, t *time.Time) bool {
	return der.ReadASN1GeneralizedTime(t)
}

func stamp(t time.Time) string   { return t.Format(time.RFC3339) }
func decimal(n *big.Int) string  { return n.String() }
func equalFold(a, b string) bool { return strings.EqualFold(a, b) }
