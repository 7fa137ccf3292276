//go:build tinynetport && !nethttpidna && port.board

package internal

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// golang.org/x/net/idna, which is what computers have here, needs tables of all of
// Unicode, some 115 kB with those of normalisation. What this file answers is
// what that package answers. It knows names in Latin, Greek, Cyrillic,
// Armenian, Georgian, Kana, Han and Hangul letters that are composed already
// (é, and not e with a combining accent); for any other it returns an error
// and does not guess. The build tag nethttpidna links the large package on a
// board, too.

var (
	errHostName   = errors.New("idna: not a valid host name")
	errHostLetter = errors.New("idna: a letter of the host name needs tables that are not linked: write the name in ASCII (xn--...), or build with -tags nethttpidna")
)

// plain are the letters that stay as they are, together with capitals that
// never get here. None of them combines with another.
var plain = [...]struct{ first, last uint16 }{
	{0x00df, 0x00f6}, {0x00f8, 0x0131}, {0x0135, 0x013e}, {0x0142, 0x0148},
	{0x014b, 0x017e}, {0x0180, 0x01c3}, {0x01ce, 0x01f0}, {0x01f5, 0x024f}, // Latin
	{0x0371, 0x0373}, {0x0377, 0x0377}, {0x037b, 0x037d}, {0x0390, 0x0390},
	{0x03ac, 0x03ce}, {0x03d7, 0x03ef}, {0x03f3, 0x03f3}, {0x03f8, 0x03fc}, // Greek
	{0x0430, 0x0482}, {0x048b, 0x052f}, // Cyrillic
	{0x0559, 0x0586}, {0x0588, 0x0588}, // Armenian
	{0x10d0, 0x10fb}, {0x10fd, 0x10ff}, // Georgian
	{0x1e01, 0x1e99}, {0x1e9c, 0x1eff}, // Latin, as in Vietnamese
	{0x3005, 0x3007}, {0x3041, 0x3096}, {0x30a1, 0x30fa}, {0x30fc, 0x30fe}, // Kana
	{0x3400, 0x4dbf}, {0x4e00, 0x9fff}, // Han
	{0xac00, 0xd7a3}, // Hangul
}

// capitals are those of the letters above. One after the other is by so much before
// its small letter; where that is 1, they take turns. Those by 0 have small letters that
// are not above.
var capitals = [...]struct {
	first, last uint16
	by          int16
}{
	{0x00c0, 0x00d6, 32}, {0x00d8, 0x00de, 32}, {0x0100, 0x012e, 1}, {0x0134, 0x0136, 1}, {0x0139, 0x013d, 1},
	{0x0141, 0x0147, 1}, {0x014a, 0x0176, 1}, {0x0178, 0x0178, -121}, {0x0179, 0x017d, 1}, {0x0181, 0x0181, 0},
	{0x0182, 0x0184, 1}, {0x0186, 0x0186, 0}, {0x0187, 0x0187, 1}, {0x0189, 0x018a, 0}, {0x018b, 0x018b, 1},
	{0x018e, 0x018e, 79}, {0x018f, 0x0190, 0}, {0x0191, 0x0191, 1}, {0x0193, 0x0194, 0}, {0x0196, 0x0197, 0},
	{0x0198, 0x0198, 1}, {0x019c, 0x019d, 0}, {0x019f, 0x019f, 0}, {0x01a0, 0x01a4, 1}, {0x01a6, 0x01a6, 0},
	{0x01a7, 0x01a7, 1}, {0x01a9, 0x01a9, 0}, {0x01ac, 0x01ac, 1}, {0x01ae, 0x01ae, 0}, {0x01af, 0x01af, 1},
	{0x01b1, 0x01b2, 0}, {0x01b3, 0x01b5, 1}, {0x01b7, 0x01b7, 0}, {0x01b8, 0x01b8, 1}, {0x01bc, 0x01bc, 1},
	{0x01cd, 0x01db, 1}, {0x01de, 0x01ee, 1}, {0x01f4, 0x01f4, 1}, {0x01f6, 0x01f6, -97}, {0x01f7, 0x01f7, -56},
	{0x01f8, 0x021e, 1}, {0x0220, 0x0220, -130}, {0x0222, 0x0232, 1}, {0x023a, 0x023a, 0}, {0x023b, 0x023b, 1},
	{0x023d, 0x023d, -163}, {0x023e, 0x023e, 0}, {0x0241, 0x0241, 1}, {0x0243, 0x0243, -195}, {0x0244, 0x0245, 0},
	{0x0246, 0x024e, 1}, {0x0370, 0x0372, 1}, {0x0376, 0x0376, 1}, {0x037f, 0x037f, 116}, {0x0386, 0x0386, 38},
	{0x0388, 0x038a, 37}, {0x038c, 0x038c, 64}, {0x038e, 0x038f, 63}, {0x0391, 0x03a1, 32}, {0x03a3, 0x03ab, 32},
	{0x03cf, 0x03cf, 8}, {0x03d8, 0x03ee, 1}, {0x03f4, 0x03f4, -60}, {0x03f7, 0x03f7, 1}, {0x03f9, 0x03f9, 0},
	{0x03fa, 0x03fa, 1}, {0x03fd, 0x03ff, -130}, {0x0400, 0x040f, 80}, {0x0410, 0x042f, 32}, {0x0460, 0x0480, 1},
	{0x048a, 0x04be, 1}, {0x04c1, 0x04cd, 1}, {0x04d0, 0x052e, 1}, {0x0531, 0x0556, 48}, {0x1c90, 0x1cba, -3008},
	{0x1cbd, 0x1cbf, -3008}, {0x1e00, 0x1e94, 1}, {0x1ea0, 0x1efe, 1}, {0x2126, 0x2126, -7517}, {0x212b, 0x212b, -8262},
	{0x2c7e, 0x2c7f, -10815},
}

// toSmall is unicode.ToLower for these letters, without the table of all.
func toSmall(r rune) (rune, bool) {
	for _, c := range capitals {
		if r <= rune(c.last) {
			if r < rune(c.first) || c.by == 1 && (r-rune(c.first))%2 == 1 {
				break
			}
			return r + rune(c.by), c.by != 0
		}
	}
	return r, true
}

// smallLetter returns the small letter for one of those that are known.
func smallLetter(r rune) (rune, bool) {
	switch r {
	case 0x0130, 0x04c0, 0x1e9e: // capitals whose small letters are not what IDNA makes of them
		return r, false
	}
	r, ok := toSmall(r)
	if !ok {
		return r, false
	}
	for _, p := range plain {
		if r <= rune(p.last) {
			return r, r >= rune(p.first)
		}
	}
	return r, false
}

// LookupASCII writes a host name for a lookup: in small letters, and in ASCII.
func LookupASCII(name string) (string, error) {
	var mapped strings.Builder
	for _, r := range name {
		switch {
		case r >= utf8.RuneSelf:
			small, ok := smallLetter(r)
			if !ok {
				return name, errHostLetter
			}
			r = small
		case 'A' <= r && r <= 'Z':
			r += 'a' - 'A'
		case !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-' || r == '.'):
			return name, errHostName
		}
		mapped.WriteRune(r)
	}
	return eachLabel(mapped.String(), func(label string) error {
		if len(label) >= 4 && label[2:4] == "--" || label[0] == '-' || label[len(label)-1] == '-' {
			return errHostName
		}
		for _, r := range label {
			if r < utf8.RuneSelf {
				if !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-') {
					return errHostName
				}
			} else if small, ok := smallLetter(r); !ok || small != r {
				return errHostLetter
			}
		}
		return nil
	})
}

// PunycodeASCII writes a host name in ASCII as it is, without mapping letters.
func PunycodeASCII(name string) (string, error) {
	return eachLabel(name, func(string) error { return nil })
}

// eachLabel writes the labels of a name in ASCII. It checks each one in the form
// that people read.
func eachLabel(name string, check func(string) error) (string, error) {
	labels := strings.Split(name, ".")
	for i, label := range labels {
		if label == "" {
			continue
		}
		read := label
		if encoded, ok := strings.CutPrefix(label, acePrefix); ok {
			var err error
			if read, err = punyDecode(encoded); err != nil {
				return name, err
			}
			if isASCII(read) {
				return name, errHostName // what is ASCII is not written as Punycode
			}
		}
		if err := check(read); err != nil {
			return name, err
		}
		var err error
		if labels[i], err = punyEncode(read); err != nil {
			return name, err
		}
	}
	return strings.Join(labels, "."), nil
}
