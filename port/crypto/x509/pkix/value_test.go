//go:build tinynetport && tlssmall

package pkix

import (
	"bytes"
	"encoding/asn1"
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestValue(t *testing.T) {
	values := []any{
		"", "Example", "a b'()+,-./:=?", "a*b", "a&b", "grün", "\xff", strings.Repeat("x", 127), strings.Repeat("x", 128), strings.Repeat("x", 70000),
		[]byte(nil), []byte{}, []byte{1}, []byte{0, 255, 7}, true, false,
		0, 1, 127, 128, 255, 256, -1, -128, -129, math.MaxInt32, math.MinInt32, int32(-5), int64(math.MaxInt64), int64(math.MinInt64),
		asn1.ObjectIdentifier{2, 5, 4, 3}, asn1.ObjectIdentifier{1, 39}, asn1.ObjectIdentifier{1, 40}, asn1.ObjectIdentifier{2, 48}, asn1.ObjectIdentifier{2, 999, 128, 1 << 30},
		asn1.ObjectIdentifier{3, 1}, asn1.ObjectIdentifier{1}, asn1.ObjectIdentifier{}, nil,
	}
	for i := range 256 {
		values = append(values, string(rune(i)))
	}
	for _, v := range values {
		want, wantErr := asn1.Marshal(v)
		got, err := encoded(v)
		if !bytes.Equal(got, want) || (err == nil) != (wantErr == nil) {
			t.Errorf("encoded(%T %.20v): got %.40x, %v, want %.40x, %v", v, v, got, err, want, wantErr)
		}
		if got, want := text(v), fmt.Sprint(v); got != want {
			t.Errorf("text(%T): got %.40q, want %.40q", v, got, want)
		}
	}
	if b, err := encoded(3.5); err == nil {
		t.Errorf("encoded(3.5): got %x, want an error", b)
	}
}

func FuzzValue(f *testing.F) {
	f.Add("Example*", []byte{1, 2}, int64(-129))
	f.Fuzz(func(t *testing.T, s string, b []byte, n int64) {
		for _, v := range []any{s, b, n} {
			want, wantErr := asn1.Marshal(v)
			got, err := encoded(v)
			if !bytes.Equal(got, want) || (err == nil) != (wantErr == nil) {
				t.Errorf("encoded(%T %v): got %x, %v, want %x, %v", v, v, got, err, want, wantErr)
			}
			if got, want := text(v), fmt.Sprint(v); got != want {
				t.Errorf("text(%T): got %q, want %q", v, got, want)
			}
		}
	})
}
