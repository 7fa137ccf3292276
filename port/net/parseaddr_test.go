//go:build tinynetport && tinynet_board

package net

import (
	"net/netip"
	"testing"
)

func checkParseAddr(t *testing.T, s string) {
	t.Helper()
	want, wantErr := netip.ParseAddr(s)
	got, err := parseAddr(s)
	if got != want || (err == nil) != (wantErr == nil) {
		t.Errorf("parseAddr(%q) = %v, %v, want %v, %v", s, got, err, want, wantErr)
	}
}

// addrTexts are addresses, and what is nearly one.
var addrTexts = []string{
	"", ".", ":", "::", ":::", "::::", "%", "::%", "::%eth0", "%eth0", "fe80::1%25", "1.2.3.4%eth0",
	"0.0.0.0", "255.255.255.255", "256.1.1.1", "1.2.3", "1.2.3.4.5", "1..2.3", "1.2.3.", ".1.2.3", "01.2.3.4",
	"1.2.3.00", "1.2.3.0", "1.2.3.4 ", "1.2.3.-4", "999999999999999999999.1.1.1", "a.b.c.d", "1.2.3.4:", ":1.2.3.4",
	"::1", "1::", "1::1", "1::2::3", "::1.2.3.4", "::ffff:1.2.3.4", "::ffff:1.2.3.256", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5",
	"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "::1:2:3:4:5:6:7:8",
	"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5::1.2.3.4", "1:2:3:4:5:6::1.2.3.4", "1:2:3:4:5:1.2.3.4",
	"12345::", "0001::", "00001::", "g::", "FFFF::abcd", "1:", ":1", "1:2:", ":1::", "::1:", "fe80::1%", "fe80::%a%b", "1::%\x00",
	"2001:db8::10.0.0.1%zone", "@::", "`::", "1::A", "1::G", "1::\xff",
}

func TestParseAddr(t *testing.T) {
	for _, s := range addrTexts {
		checkParseAddr(t, s)
	}
}

func FuzzParseAddr(f *testing.F) {
	for _, s := range addrTexts {
		f.Add(s)
	}
	f.Fuzz(checkParseAddr)
}
