//go:build tinynetport

// Package brief puts into words what goes wrong with a URL, a header, a form, a key, a
// certificate or a handshake, and writes the heads of a form's parts. Package fmt, which
// does it in Go, links 40 kB that prints values of any type, and the String methods of
// all types that there are.
package brief

import (
	"errors"
	"io"
	"strconv"
	"unsafe"
)

// Sprintf knows the verbs %s, %v, %q, %d, %x, %X, %T and %w, a width, which it fills
// with zeros, and .0, which leaves the argument out. What it makes of strings, bytes,
// bools, whole numbers, errors, network addresses, and slices of strings or of 16-bit
// numbers is what fmt does. Of other values it names the type: who has one with a
// String method calls that.
func Sprintf(format string, args ...any) string { return string(Appendf(nil, format, args...)) }

// Fprintf writes what Sprintf gives, in one call.
func Fprintf(w io.Writer, format string, args ...any) (int, error) {
	return w.Write(Appendf(nil, format, args...))
}

// Appendf appends what Sprintf gives.
func Appendf(b []byte, format string, args ...any) []byte {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			b = append(b, format[i])
			continue
		}
		width, hidden := 0, false
		for i++; i < len(format) && (format[i] == '.' || '0' <= format[i] && format[i] <= '9'); i++ {
			if format[i] == '.' {
				hidden = true
			} else {
				width = width*10 + int(format[i]-'0')
			}
		}
		switch {
		case i == len(format):
			return append(b, "%!(NOVERB)"...)
		case format[i] == '%':
			b = append(b, '%')
			continue
		case len(args) == 0:
			b = append(append(append(b, "%!"...), format[i]), "(MISSING)"...)
			continue
		}
		if !hidden {
			b = appendArg(b, args[0], format[i], width)
		}
		args = args[1:]
	}
	return b
}

// appendArg appends one argument, as its verb wants it.
func appendArg(b []byte, arg any, verb byte, width int) []byte {
	if verb == 'T' {
		return append(b, typeName(arg)...)
	}
	switch v := arg.(type) {
	case nil:
		if verb == 'v' {
			return append(b, "<nil>"...)
		}
		return append(append(append(b, "%!"...), verb), "(<nil>)"...)
	case error:
		return appendMethod(b, v.Error, verb, arg)
	case string:
		return appendString(b, v, verb)
	case []byte:
		if verb != 'v' {
			return appendString(b, string(v), verb)
		}
		b = append(b, '[')
		for i, c := range v {
			if i > 0 {
				b = append(b, ' ')
			}
			b = appendUint(b, uint64(c), 'd', 0)
		}
		return append(b, ']')
	case interface { // net.Addr
		Network() string
		String() string
	}:
		return appendMethod(b, v.String, verb, arg)
	case []string:
		b = append(b, '[')
		for i, s := range v {
			if i > 0 {
				b = append(b, ' ')
			}
			b = appendString(b, s, verb)
		}
		return append(b, ']')
	case []uint16:
		b = append(b, '[')
		for i, n := range v {
			if i > 0 {
				b = append(b, ' ')
			}
			b = appendInt(b, int64(n), verb, 0)
		}
		return append(b, ']')
	case bool:
		return strconv.AppendBool(b, v)
	case int:
		return appendInt(b, int64(v), verb, width)
	case int8:
		return appendInt(b, int64(v), verb, width)
	case int16:
		return appendInt(b, int64(v), verb, width)
	case int32:
		return appendInt(b, int64(v), verb, width)
	case int64:
		return appendInt(b, v, verb, width)
	case uint:
		return appendUint(b, uint64(v), verb, width)
	case uint8:
		return appendUint(b, uint64(v), verb, width)
	case uint16:
		return appendUint(b, uint64(v), verb, width)
	case uint32:
		return appendUint(b, uint64(v), verb, width)
	case uint64:
		return appendUint(b, v, verb, width)
	case uintptr:
		return appendUint(b, uint64(v), verb, width)
	}
	return append(append(append(b, '('), typeName(arg)...), ')')
}

// appendMethod appends what a method of arg says, and <nil> where a method cannot bear
// that arg is nil: a program's own error reaches this, from a reader that a form is read
// from.
func appendMethod(b []byte, says func() string, verb byte, arg any) (all []byte) {
	defer func() {
		if recover() != nil {
			all = append(append(append(b, "%!"...), verb), "(PANIC)"...)
			if (*[2]unsafe.Pointer)(unsafe.Pointer(&arg))[1] == nil { // an interface's second word is the pointer
				all = append(b, "<nil>"...)
			}
		}
	}()
	return appendString(b, says(), verb)
}

func appendString(b []byte, s string, verb byte) []byte {
	switch verb {
	case 'q':
		return strconv.AppendQuote(b, s)
	case 'x':
		const digits = "0123456789abcdef"
		for i := range len(s) {
			b = append(b, digits[s[i]>>4], digits[s[i]&15])
		}
		return b
	}
	return append(b, s...)
}

func appendInt(b []byte, n int64, verb byte, width int) []byte {
	if n < 0 {
		return appendUint(append(b, '-'), -uint64(n), verb, width-1)
	}
	return appendUint(b, uint64(n), verb, width)
}

func appendUint(b []byte, n uint64, verb byte, width int) []byte {
	base := 10
	if verb|0x20 == 'x' {
		base = 16
	}
	text := strconv.FormatUint(n, base)
	for i := len(text); i < width; i++ {
		b = append(b, '0')
	}
	for i := range len(text) {
		c := text[i]
		if verb == 'X' && c >= 'a' {
			c -= 'a' - 'A'
		}
		b = append(b, c)
	}
	return b
}

// Errorf wraps what has a %w.
func Errorf(format string, args ...any) error {
	text := Sprintf(format, args...)
	var errs []error
	for i, n := 0, 0; i < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		for i++; i < len(format) && (format[i] == '.' || '0' <= format[i] && format[i] <= '9'); i++ {
		}
		if i == len(format) || format[i] == '%' {
			continue
		}
		if format[i] == 'w' && n < len(args) {
			if err, ok := args[n].(error); ok {
				errs = append(errs, err)
			}
		}
		n++
	}
	switch len(errs) {
	case 0:
		return errors.New(text)
	case 1:
		return &wrapped{text, errs[0]}
	}
	return &wrappedAll{text, errs}
}

type wrapped struct {
	text string
	err  error
}

func (w *wrapped) Error() string { return w.text }
func (w *wrapped) Unwrap() error { return w.err }

// wrappedAll is the error of a format with several %w.
type wrappedAll struct {
	text string
	errs []error
}

func (w *wrappedAll) Error() string   { return w.text }
func (w *wrappedAll) Unwrap() []error { return w.errs }
