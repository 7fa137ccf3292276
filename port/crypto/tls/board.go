//go:build tinynetport

package tls

import (
	"crypto/x509"
	"errors"
	"io"
	"time"
)

// orNone is r, or where the board has no source of random numbers, which is nil
// in TinyGo, one that says so.
func orNone(r io.Reader) io.Reader {
	if r == nil {
		return noRandom{}
	}
	return r
}

type noRandom struct{}

func (noRandom) Read([]byte) (int, error) {
	return 0, errors.New("tls: this board has no source of random numbers for keys: set tls.Config.Rand or crypto/rand.Reader to one")
}

// clockHint adds to the error of a certificate that is not valid yet, if the
// clock says that it is the last century: nobody has set it.
func clockHint(err error, now time.Time) error {
	var invalid x509.CertificateInvalidError
	if now.Year() >= 2000 || !errors.As(err, &invalid) || invalid.Reason != x509.Expired {
		return err
	}
	return &clockNotSet{err}
}

// clockNotSet is a type and not what fmt.Errorf gives, because package fmt takes
// some 40 kB of a board's flash.
type clockNotSet struct{ err error }

func (e *clockNotSet) Error() string {
	return e.err.Error() + ": the board's clock is not set (examples/ntpclient sets it)"
}

func (e *clockNotSet) Unwrap() error { return e.err }
