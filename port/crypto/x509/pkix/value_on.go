//go:build tinynetport && port.smalltls

package pkix

import (
	"encoding/asn1"
	"errors"
	"strconv"
	"unicode/utf8"
)

// What a name says of one of its values. A name that was read from a certificate has
// texts only, and one that asn1.Unmarshal read has numbers, bytes and identifiers, too.

// encoded returns what asn1.Marshal does for these types. For other types it fails, and
// the name then shows what text gives.
func encoded(value any) ([]byte, error) {
	switch v := value.(type) {
	case string:
		if !utf8.ValidString(v) {
			return nil, errors.New("asn1: string not valid UTF-8")
		}
		tag := byte(asn1.TagPrintableString)
		for i := range len(v) {
			if !printable(v[i]) {
				tag = asn1.TagUTF8String
			}
		}
		return element(tag, v), nil
	case []byte:
		return element(asn1.TagOctetString, string(v)), nil
	case asn1.ObjectIdentifier:
		if body := identifier(v); body != nil {
			return element(asn1.TagOID, string(body)), nil
		}
	case bool:
		if v {
			return element(asn1.TagBoolean, "\xff"), nil
		}
		return element(asn1.TagBoolean, "\x00"), nil
	case int:
		return integer(int64(v)), nil
	case int32:
		return integer(int64(v)), nil
	case int64:
		return integer(v), nil
	}
	return nil, errors.New("pkix: no text, bytes, number or identifier")
}

// printable tells whether a PrintableString may have the byte: X.680, table 10.
func printable(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', '\'' <= c && c <= ')', '+' <= c && c <= '/':
		return true
	}
	return c == ' ' || c == ':' || c == '=' || c == '?'
}

// element is what has the tag in DER: X.690, section 8.1.
func element(tag byte, body string) []byte {
	n := len(body)
	b := []byte{tag, byte(n)}
	if n >= 0x80 {
		size := 1
		for n>>(8*size) > 0 {
			size++
		}
		b[1] = 0x80 | byte(size)
		for size--; size >= 0; size-- {
			b = append(b, byte(n>>(8*size)))
		}
	}
	return append(b, body...)
}

func integer(v int64) []byte {
	size := 1
	for w := v; w > 127 || w < -128; w >>= 8 {
		size++
	}
	body := make([]byte, size)
	for i := range body {
		body[i] = byte(v >> (8 * (size - 1 - i)))
	}
	return element(asn1.TagInteger, string(body))
}

// identifier is the body of an object identifier, or nil if there is no such: X.690,
// section 8.19.
func identifier(oid asn1.ObjectIdentifier) (body []byte) {
	if len(oid) < 2 || oid[0] > 2 || oid[0] < 2 && oid[1] >= 40 {
		return nil
	}
	for i, arc := range oid[1:] {
		if i == 0 {
			arc += oid[0] * 40
		}
		shift := 0
		for arc>>shift > 0x7f {
			shift += 7
		}
		for ; shift > 0; shift -= 7 {
			body = append(body, 0x80|byte(arc>>shift))
		}
		body = append(body, byte(arc)&0x7f)
	}
	return body
}

// text returns what fmt.Sprint does for these types. For the others it says that they
// are no text.
func text(value any) string {
	switch v := value.(type) {
	case nil:
		return "<nil>"
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case int32:
		return strconv.Itoa(int(v))
	case int64:
		return strconv.FormatInt(v, 10)
	case asn1.ObjectIdentifier:
		return v.String()
	case []byte:
		s := "["
		for i, c := range v {
			if i > 0 {
				s += " "
			}
			s += strconv.Itoa(int(c))
		}
		return s + "]"
	}
	return "<not a text>"
}
