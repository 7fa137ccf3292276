//go:build tinynetport && port.smalltls

package x509

import (
	"math/big"
	"time"
)

// What a certificate holds and package time and math/big read and print in formats of
// every kind: 8 kB and 12 kB, for times of two formats and a serial number.

// asn1Time reads a time of a certificate, in whole: YYMMDDhhmm with seconds or
// without, or with years of four digits and seconds. After it comes Z or the
// distance from UTC, which may not be zero. Years of two digits are from 1950 to 2049.
func asn1Time(s string, utc bool) (t time.Time, ok bool) {
	number := func(n int) (v int) {
		if len(s) < n {
			ok = false
			return 0
		}
		for i := range n {
			d := s[i] - '0'
			ok = ok && d <= 9
			v = v*10 + int(d)
		}
		s = s[n:]
		return v
	}
	ok = true
	var year int
	if !utc {
		year = number(4)
	} else if year = 1900 + number(2); year < 1950 {
		year += 100
	}
	month, day, hour, minute, second := number(2), number(2), number(2), number(2), 0
	if !utc || len(s) > 0 && s[0] != 'Z' && s[0] != '+' && s[0] != '-' {
		second = number(2)
	}
	zone := time.UTC
	if !ok || len(s) == 0 {
		return t, false
	}
	sign := s[0]
	s = s[1:]
	if sign != 'Z' {
		hours, minutes := number(2), number(2)
		east := (hours*60 + minutes) * 60
		if !ok || sign != '+' && sign != '-' || hours > 24 || minutes > 59 || east == 0 {
			return t, false
		}
		if sign == '-' {
			east = -east
		}
		zone = time.FixedZone("", east)
	}
	if len(s) > 0 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59 {
		return t, false
	}
	t = time.Date(year, time.Month(month), day, hour, minute, second, 0, zone)
	return t, t.Day() == day // the month has so many days
}

// stamp is t.Format(time.RFC3339), for years of up to four digits.
func stamp(t time.Time) string {
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	var b []byte
	number := func(v, digits int) {
		start := len(b)
		for range digits {
			b = append(b, '0')
		}
		for i := len(b) - 1; v > 0 && i >= start; i, v = i-1, v/10 {
			b[i] += byte(v % 10)
		}
	}
	number(year, 4)
	for i, v := range [...]int{int(month), day, hour, minute, second} {
		b = append(b, "--T::"[i])
		number(v, 2)
	}
	_, east := t.Zone()
	east /= 60
	switch {
	case east == 0:
		return string(b) + "Z"
	case east < 0:
		b, east = append(b, '-'), -east
	default:
		b = append(b, '+')
	}
	number(east/60, 2)
	b = append(b, ':')
	number(east%60, 2)
	return string(b)
}

// decimal is n.String().
func decimal(n *big.Int) string {
	if n == nil {
		return "<nil>"
	}
	digits := n.Bytes()
	text := ""
	for len(digits) > 0 {
		rest := 0
		for i, d := range digits {
			rest = rest<<8 | int(d)
			digits[i] = byte(rest / 10)
			rest %= 10
		}
		text = string(rune('0'+rest)) + text
		for len(digits) > 0 && digits[0] == 0 {
			digits = digits[1:]
		}
	}
	switch {
	case text == "":
		return "0"
	case n.Sign() < 0:
		return "-" + text
	}
	return text
}

// equalFold is strings.EqualFold, for ASCII, in which all names are that can be compared
// here. That of strings brings the table of all letters, 6.6 kB.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		c, d := a[i], b[i]
		if c != d && (c|0x20 != d|0x20 || c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}
