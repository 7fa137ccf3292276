//go:build tinynetport && port.smalltls

package x509

import (
	"crypto/elliptic"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// A certificate is read without package encoding/asn1, which knows types by
// reflection and so links 12 kB, but for the parameters of a signature with RSA-PSS.

var errParameters = errors.New("x509: malformed parameters of a signature algorithm")

// unmarshalPSS is asn1.Unmarshal, for these.
func unmarshalPSS(der []byte, p *pssParameters) (err error) {
	s := cryptobyte.String(der)
	field := func(n uint8) cryptobyte_asn1.Tag { return cryptobyte_asn1.Tag(n).Constructed().ContextSpecific() }
	var all, hash, mgf, salt, trailer cryptobyte.String
	var has bool
	p.TrailerField = 1
	if !s.ReadASN1(&all, cryptobyte_asn1.SEQUENCE) ||
		!all.ReadASN1(&hash, field(0)) || !all.ReadASN1(&mgf, field(1)) ||
		!all.ReadASN1(&salt, field(2)) || !salt.ReadASN1Integer(&p.SaltLength) ||
		!all.ReadOptionalASN1(&trailer, &has, field(3)) || has && !trailer.ReadASN1Integer(&p.TrailerField) ||
		!salt.Empty() || !trailer.Empty() || len(hash) != elementSize(hash) || len(mgf) != elementSize(mgf) {
		return errParameters
	}
	if err = unmarshalAlgorithm(hash, &p.Hash); err != nil {
		return err
	}
	return unmarshalAlgorithm(mgf, &p.MGF)
}

// elementSize gives the size of the first element, and 0 where there is none.
func elementSize(s cryptobyte.String) int {
	var first cryptobyte.String
	var tag cryptobyte_asn1.Tag
	s.ReadAnyASN1Element(&first, &tag)
	return len(first)
}

// unmarshalAlgorithm is asn1.Unmarshal, for these.
func unmarshalAlgorithm(der []byte, ai *pkix.AlgorithmIdentifier) (err error) {
	s := cryptobyte.String(der)
	var inner cryptobyte.String
	if !s.ReadASN1(&inner, cryptobyte_asn1.SEQUENCE) {
		return errParameters
	}
	*ai, err = parseAI(inner)
	return err
}

// unmarshalPoint is elliptic.Unmarshal, for a curve that reads its points itself, as
// those do that a certificate can name.
func unmarshalPoint(curve elliptic.Curve, point []byte) (x, y *big.Int) {
	if c, ok := curve.(interface {
		Unmarshal([]byte) (x, y *big.Int)
	}); ok {
		return c.Unmarshal(point)
	}
	return nil, nil
}

func readUTCTime(der *cryptobyte.String, t *time.Time) bool {
	return readTime(der, t, cryptobyte_asn1.UTCTime)
}

func readGeneralizedTime(der *cryptobyte.String, t *time.Time) bool {
	return readTime(der, t, cryptobyte_asn1.GeneralizedTime)
}

func readTime(der *cryptobyte.String, t *time.Time, tag cryptobyte_asn1.Tag) (ok bool) {
	var text cryptobyte.String
	if !der.ReadASN1(&text, tag) {
		return false
	}
	*t, ok = asn1Time(string(text), tag == cryptobyte_asn1.UTCTime)
	return ok
}
