//go:build tinynetport && tlssmall

package x509

import (
	"math/big"
	"math/rand"
	"strings"
	"testing"
	"time"
)

// slowTime reads as package cryptobyte does.
func slowTime(s string, utc bool) (time.Time, bool) {
	layouts := []string{"20060102150405Z0700"}
	if utc {
		layouts = []string{"060102150405Z0700", "0601021504Z0700"}
	}
	for _, layout := range layouts {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		if t.Format(layout) != s {
			return t, false
		}
		if utc && t.Year() >= 2050 {
			t = t.AddDate(-100, 0, 0)
		}
		return t, true
	}
	return time.Time{}, false
}

func checkTime(t *testing.T, s string, utc bool) {
	t.Helper()
	got, ok := asn1Time(s, utc)
	want, wantOK := slowTime(s, utc)
	if ok != wantOK || ok && !got.Equal(want) {
		t.Errorf("asn1Time(%q, %v): got %v, %v, want %v, %v", s, utc, got, ok, want, wantOK)
		return
	}
	if !ok {
		return
	}
	if got, want := stamp(got), want.In(got.Location()).Format(time.RFC3339); got != want {
		t.Errorf("stamp of %q: got %q, want %q", s, got, want)
	}
}

func TestTimes(t *testing.T) {
	for _, s := range []string{
		"", "Z", "0", "251128021500Z", "2511280215Z", "500101000000Z", "491231235959Z", "000229000000Z", "010229000000Z",
		"680229000000Z", "690229000000Z", "640229000000Z", "251131000000Z", "251301000000Z", "250001000000Z", "250100000000Z",
		"251128240000Z", "251128006000Z", "251128000060Z", "251128021500+0000", "251128021500-0000", "251128021500+0130",
		"251128021500-1200", "251128021500+2400", "251128021500+2430", "251128021500+2500", "251128021500+0160", "251128021500",
		"251128021500.5Z", "251128021500z", "251128021500ZZ", "2511280215+0100", "25112802150+0100", " 51128021500Z", "+51128021500Z",
		"25112802150Z", "251128021500+01", "251128021500 0100", "251128021500+-100", "2511280215000Z",
	} {
		checkTime(t, s, true)
		checkTime(t, "20"+s, false)
		checkTime(t, "00"+s, false)
		checkTime(t, "99"+s, false)
	}
	const letters = "00112233445566778899Z+-.: "
	r := rand.New(rand.NewSource(1))
	for range 20000 {
		s := []byte("251128021500Z")
		for range 1 + r.Intn(3) {
			s[r.Intn(len(s))] = letters[r.Intn(len(letters))]
		}
		checkTime(t, string(s), true)
		checkTime(t, "20"+string(s), false)
	}
	for _, at := range []time.Time{{}, time.Unix(0, 0).UTC(), time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -3*3600-1800)), time.Date(7, 3, 1, 0, 0, 0, 1, time.UTC)} {
		if got, want := stamp(at), at.Format(time.RFC3339); got != want {
			t.Errorf("stamp: got %q, want %q", got, want)
		}
	}
}

func FuzzTime(f *testing.F) {
	f.Add("251128021500Z", true)
	f.Add("20251128021500+0130", false)
	f.Fuzz(func(t *testing.T, s string, utc bool) {
		checkTime(t, s, utc)
	})
}

func TestDecimal(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for _, n := range []*big.Int{nil, new(big.Int), big.NewInt(-1), big.NewInt(10), big.NewInt(99), big.NewInt(-1 << 63)} {
		if got, want := decimal(n), n.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for range 200 {
		n := new(big.Int).Rand(r, new(big.Int).Lsh(big.NewInt(1), uint(r.Intn(200))))
		if got, want := decimal(n), n.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestEqualFold(t *testing.T) {
	for a := rune(33); a < 127; a++ {
		for b := rune(33); b < 127; b++ {
			if got, want := equalFold("x"+string(a), "X"+string(b)), strings.EqualFold("x"+string(a), "X"+string(b)); got != want {
				t.Errorf("%q and %q: got %v, want %v", a, b, got, want)
			}
		}
	}
	if equalFold("a", "") || !equalFold("", "") {
		t.Error("got one of different length equal, or the empty ones not")
	}
}
