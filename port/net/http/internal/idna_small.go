//go:build tinynetport && !nethttpidna && port.board

package internal

import (
	"errors"
	"strings"
	"unicode"
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

// smallLetter returns the small letter for one of those that are known.
func smallLetter(r rune) (rune, bool) {
	switch r {
	case 0x0130, 0x04c0, 0x1e9e: // capitals whose small letters are not what IDNA makes of them
		return r, false
	}
	r = unicode.ToLower(r)
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
