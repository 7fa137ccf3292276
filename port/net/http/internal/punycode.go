//go:build tinynetport

package internal

import (
	"errors"
	"unicode/utf8"
)

// acePrefix begins a label that is Punycode.
const acePrefix = "xn--"

// The parameters of Punycode for host names, RFC 3492, section 5.
const (
	punyBase = 36
	punyMin  = 1
	punyMax  = 26
	punySkew = 38
	punyDamp = 700
	punyBias = 72
	punyRune = 0x80

	// punyLongest is the length of a label, in bytes, that is not even looked at.
	// DNS has 63.
	punyLongest = 1024
)

var errPunycode = errors.New("idna: not valid Punycode")

// punyThreshold is the smallest digit value at this place that is not the last of
// its number.
func punyThreshold(place, bias int32) int32 {
	return min(max(place-bias, punyMin), punyMax)
}

// punyAdapt gives the bias after a step of delta, the points-th one.
func punyAdapt(delta, points int32, first bool) int32 {
	if first {
		delta /= punyDamp
	} else {
		delta /= 2
	}
	delta += delta / points
	bias := int32(0)
	for ; delta > (punyBase-punyMin)*punyMax/2; bias += punyBase {
		delta /= punyBase - punyMin
	}
	return bias + (punyBase-punyMin+1)*delta/(delta+punySkew)
}

// punyEncode writes one label in ASCII: as it is, or with the prefix as Punycode.
func punyEncode(label string) (string, error) {
	if isASCII(label) {
		return label, nil
	}
	if len(label) > punyLongest || !utf8.ValidString(label) {
		return "", errPunycode
	}
	out := append(make([]byte, 0, 2*len(label)), acePrefix...)
	var points, done int32
	for _, r := range label {
		points++
		if r < punyRune {
			out = append(out, byte(r))
			done++
		}
	}
	ascii := done
	if ascii > 0 {
		out = append(out, '-')
	}
	// A step goes one place further in the label, and from its end to its
	// beginning with the next rune. What is written is the number of steps to
	// each rune that is not ASCII. No label is long enough for an overflow:
	// punyLongest * the number of runes fits in 31 bits.
	at, delta, bias := rune(punyRune), int32(0), int32(punyBias)
	for done < points {
		next := rune(utf8.MaxRune)
		for _, r := range label {
			if r >= at && r < next {
				next = r
			}
		}
		delta += (next - at) * (done + 1)
		at = next
		for _, r := range label {
			if r < at {
				delta++
			}
			if r != at {
				continue
			}
			rest := delta
			for place := int32(punyBase); ; place += punyBase {
				t := punyThreshold(place, bias)
				if rest < t {
					break
				}
				out = append(out, punyDigit(t+(rest-t)%(punyBase-t)))
				rest = (rest - t) / (punyBase - t)
			}
			out = append(out, punyDigit(rest))
			bias = punyAdapt(delta, done+1, done == ascii)
			delta = 0
			done++
		}
		delta++
		at++
	}
	return string(out), nil
}

func punyDigit(n int32) byte {
	if n < 26 {
		return 'a' + byte(n)
	}
	return '0' + byte(n-26)
}

// punyDecode reads Punycode, without the prefix.
func punyDecode(s string) (string, error) {
	if len(s) > punyLongest || !isASCII(s) {
		return "", errPunycode
	}
	var label []rune
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '-' {
			if i == 0 {
				return "", errPunycode
			}
			label = []rune(s[:i])
			s = s[i+1:]
			break
		}
	}
	at, place, bias, first := int64(punyRune), int64(0), int32(punyBias), true
	for s != "" {
		steps, weight := int64(0), int64(1)
		for k := int32(punyBase); ; k += punyBase {
			if s == "" {
				return "", errPunycode
			}
			var value int32
			switch c := s[0]; {
			case 'a' <= c && c <= 'z':
				value = int32(c - 'a')
			case 'A' <= c && c <= 'Z':
				value = int32(c - 'A')
			case '0' <= c && c <= '9':
				value = int32(c-'0') + 26
			default:
				return "", errPunycode
			}
			s = s[1:]
			if steps += int64(value) * weight; steps > 1<<31-1 {
				return "", errPunycode
			}
			t := punyThreshold(k, bias)
			if value < t {
				break
			}
			if weight *= int64(punyBase - t); weight > 1<<31-1 {
				return "", errPunycode
			}
		}
		length := int64(len(label) + 1)
		place += steps
		at += place / length
		place %= length
		if at > utf8.MaxRune || !utf8.ValidRune(rune(at)) {
			return "", errPunycode
		}
		bias = punyAdapt(int32(steps), int32(length), first)
		first = false
		label = append(label, 0)
		copy(label[place+1:], label[place:])
		label[place] = rune(at)
		place++
	}
	return string(label), nil
}
