//go:build tinynetport && tinynet_board

package internal

import (
	"math/rand"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// sameAsLarge checks that what the small form answers is what the large one
// answers, and returns whether it answers.
func sameAsLarge(t *testing.T, name string) bool {
	t.Helper()
	got, err := LookupASCII(name)
	if err == nil {
		if want, err := idna.Lookup.ToASCII(name); err != nil || got != want {
			t.Errorf("LookupASCII(%+q) = %q, want %q, %v", name, got, want, err)
		}
	}
	small, smallErr := PunycodeASCII(name)
	if smallErr == nil {
		if want, err := idna.ToASCII(name); err != nil || small != want {
			t.Errorf("PunycodeASCII(%+q) = %q, want %q, %v", name, small, want, err)
		}
	}
	return err == nil
}

// TestToSmall compares small letters with those of package unicode.
func TestToSmall(t *testing.T) {
	known := func(r rune) bool {
		for _, p := range plain {
			if rune(p.first) <= r && r <= rune(p.last) {
				return true
			}
		}
		return false
	}
	n := 0
	for r := rune(utf8.RuneSelf); r <= unicode.MaxRune; r++ {
		switch r {
		case 0x0130, 0x04c0, 0x1e9e: // not asked: see smallLetter
			continue
		}
		want := unicode.ToLower(r)
		got, ok := toSmall(r)
		if !known(want) {
			if ok && known(got) {
				t.Errorf("toSmall(%#x) = %#x, which is known, want %#x, which is not", r, got, want)
			}
			continue
		}
		if !ok || got != want {
			t.Errorf("toSmall(%#x) = %#x, %v, want %#x", r, got, ok, want)
		}
		n++
	}
	if n < 30_000 {
		t.Errorf("compared %d letters, want 30,000 or more", n)
	}
}

func TestLookupASCII(t *testing.T) {
	for name, want := range map[string]string{
		"example.org":       "example.org",
		"EXAMPLE.org":       "example.org",
		"bücher.example":    "xn--bcher-kva.example",
		"BÜCHER.example.":   "xn--bcher-kva.example.",
		"faß.de":            "xn--fa-hia.de",
		"пример.испытание":  "xn--e1afmkfd.xn--80akhbyknj4f",
		"παράδειγμα.δοκιμή": "xn--hxajbheg2az3al.xn--jxalpdlp",
		"例え.テスト":            "xn--r8jz45g.xn--zckzah",
		"例子.测试":             "xn--fsqu00a.xn--0zwm56d",
		"실례.테스트":            "xn--9n2bp8q.xn--9t4b11yi5a",
		"xn--bcher-kva.de":  "xn--bcher-kva.de",
		"ü.xn--bcher-kva":   "xn--tda.xn--bcher-kva",
	} {
		got, err := LookupASCII(name)
		if err != nil || got != want {
			t.Errorf("LookupASCII(%q) = %q, %v, want %q", name, got, err, want)
		}
		sameAsLarge(t, name)
	}
	for _, name := range []string{
		"a_b.ü", "ü b", "ü/", "-ü", "ü-", "ab--ü", "xn--a.ü", "xn--abc-.ü", "xn--.ü", "xn--99999999.ü", "\xff.example",
		"e\u0301", "\u0301ü", "İ.example", "ﬁ.example", "مثال", "x\u200dy", "½", "Ⅷ", "ü。example", "xn--bcher-kvä",
	} {
		if got, err := LookupASCII(name); err == nil {
			t.Errorf("LookupASCII(%+q) = %q, want an error", name, got)
		}
	}
}

// TestEveryLetter compares with the large form for each code point, alone and
// among others.
func TestEveryLetter(t *testing.T) {
	known := 0
	for r := rune(utf8.RuneSelf); r <= utf8.MaxRune; r++ {
		if r >= 0xa000 && r < 0xac00 || r >= 0x20000 && r%7 != 0 {
			continue // the tables have long stretches there
		}
		for _, name := range []string{string(r), "a" + string(r) + "1.b", "é" + string(r)} {
			if sameAsLarge(t, name) {
				known++
			}
		}
		if t.Failed() {
			return
		}
	}
	if known < 100_000 {
		t.Errorf("the small form answers for %d names", known)
	}
}

func TestManyLetters(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	var letters []rune
	for r := rune(1); r < 0xd800; r++ {
		if _, ok := smallLetter(r); ok || r < utf8.RuneSelf {
			letters = append(letters, r)
		}
	}
	some := letters[:600] // more often those that are not Han or Hangul
	for range 20_000 {
		var name strings.Builder
		for range 1 + random.Intn(12) {
			from := letters
			if random.Intn(3) > 0 {
				from = some
			}
			name.WriteRune(from[random.Intn(len(from))])
		}
		if sameAsLarge(t, name.String()); t.Failed() {
			return
		}
	}
}

func TestPunycodeHostPort(t *testing.T) {
	for in, want := range map[string]string{
		"":                   "",
		"example.org:80":     "example.org:80",
		"bücher.example":     "xn--bcher-kva.example",
		"bücher.example:443": "xn--bcher-kva.example:443",
		"ü:80":               "xn--tda:80",
	} {
		if got, err := PunycodeHostPort(in); err != nil || got != want {
			t.Errorf("PunycodeHostPort(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
	if got, err := PunycodeHostPort("\xff:80"); err == nil {
		t.Errorf("PunycodeHostPort gives %q for what is not UTF-8", got)
	}
}

func FuzzName(f *testing.F) {
	for _, s := range []string{"bücher.example", "xn--bcher-kva.ü", "xn--99999999.ü", "例え.テスト:80", "a..ü", "\xff", "ΑΒΓ.Я", "xn--ü"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if len(name) > 200 {
			return
		}
		sameAsLarge(t, name)
		if s, err := punyDecode(name); err == nil && !isASCII(s) {
			label, err := punyEncode(s)
			if err != nil {
				t.Fatalf("punyEncode(%q): %v", s, err)
			}
			if again, err := punyDecode(strings.TrimPrefix(label, acePrefix)); err != nil || again != s {
				t.Errorf("punyDecode(punyEncode(%q)) = %q, %v", s, again, err)
			}
		}
	})
}
