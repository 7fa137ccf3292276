//go:build tinynetport && port.board

package internal

import (
	"errors"
	"io"
	"log"
	"os"
	"strconv"
	"unsafe"
)

// What net/http says is put into words here, by little code.
//
// Package fmt prints values of every type, and so links floating point with its
// tables, reflection and sorted maps: 40 kB of flash, in programs that themselves
// print nothing. net/http prints strings, numbers, errors and addresses, with few
// verbs: those are here, and what they give is what fmt gives. Of any other value the
// type is named. A handler can panic with any: Text has the text of what has a String
// method. That is apart, because TinyGo links all methods of that name with the call.

// Sprintf knows the verbs %s, %v, %q, %d, %x, %T, %p and %w, the flag 0 with a
// width, and [n] for an argument.
func Sprintf(format string, args ...any) string { return string(appendf(nil, format, args)) }

// Errorf wraps the first error for which the format has a %w.
func Errorf(format string, args ...any) error {
	text := Sprintf(format, args...)
	for i, n := 0, 0; i+1 < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		i++
		switch format[i] {
		case '%':
			continue
		case 'w':
			if n < len(args) {
				if err, ok := args[n].(error); ok {
					return &wrapped{text, err}
				}
			}
		}
		n++
	}
	return errors.New(text)
}

// wrapped is the error of a format with %w.
type wrapped struct {
	text string
	err  error
}

func (w *wrapped) Error() string { return w.text }
func (w *wrapped) Unwrap() error { return w.err }

func Fprintf(w io.Writer, format string, args ...any) (int, error) {
	return w.Write(appendf(nil, format, args))
}

// Fprintln puts a space between any two arguments, and a newline after the last.
func Fprintln(w io.Writer, args ...any) (int, error) {
	var b []byte
	for i, arg := range args {
		if i > 0 {
			b = append(b, ' ')
		}
		b = appendArg(b, arg, 'v', 0)
	}
	return w.Write(append(b, '\n'))
}

// Text gives the text of v where v has a String method, and v itself otherwise.
func Text(v any) any {
	if _, ok := v.(error); ok {
		return v
	}
	if s, ok := v.(interface{ String() string }); ok {
		return string(appendMethod(nil, s.String, 'v', v))
	}
	return v
}

// Logf is log.Printf, which links fmt.
func Logf(format string, args ...any) { log.Output(2, Sprintf(format, args...)) }

// LogfTo is the logger's Printf.
func LogfTo(l *log.Logger, format string, args ...any) { l.Output(2, Sprintf(format, args...)) }

// LogExit is log.Fatalf.
func LogExit(format string, args ...any) {
	log.Output(2, Sprintf(format, args...))
	os.Exit(1)
}

// appendf appends what the format makes of its arguments.
func appendf(b []byte, format string, args []any) []byte {
	next := 0
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			b = append(b, format[i])
			continue
		}
		width := 0
		for i++; i < len(format); i++ {
			c := format[i]
			if c == '[' && i+2 < len(format) {
				next = int(format[i+1] - '1')
				i += 2
			} else if '0' <= c && c <= '9' {
				width = width*10 + int(c-'0')
			} else {
				break
			}
		}
		switch {
		case i >= len(format):
			b = append(b, "%!(NOVERB)"...)
		case format[i] == '%':
			b = append(b, '%')
		case next >= len(args):
			b = append(append(append(b, "%!"...), format[i]), "(MISSING)"...)
		default:
			b = appendArg(b, args[next], format[i], width)
			next++
		}
	}
	return b
}

// appendArg appends one argument, as its verb wants it.
func appendArg(b []byte, arg any, verb byte, width int) []byte {
	switch verb {
	case 'T':
		return append(b, typeName(arg)...)
	case 'p':
		if p, ok := arg.(unsafe.Pointer); ok {
			return strconv.AppendUint(append(b, "0x"...), uint64(uintptr(p)), 16)
		}
	}
	switch v := arg.(type) {
	case nil:
		if verb == 'v' {
			return append(b, "<nil>"...)
		}
		return append(append(append(b, "%!"...), verb), "(<nil>)"...)
	case error:
		return appendMethod(b, v.Error, verb, arg)
	case interface { // net.Addr
		Network() string
		String() string
	}:
		return appendMethod(b, v.String, verb, arg)
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
			b = strconv.AppendUint(b, uint64(c), 10)
		}
		return append(b, ']')
	case []string:
		b = append(b, '[')
		for i, s := range v {
			if i > 0 {
				b = append(b, ' ')
			}
			b = appendString(b, s, verb)
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

// appendMethod appends what a method of arg says, and <nil> where a method cannot
// bear that arg is nil.
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
	switch verb {
	case 'x':
		base = 16
	case 'q':
		return strconv.AppendQuoteRune(b, rune(n))
	}
	start := len(b)
	b = strconv.AppendUint(b, n, base)
	for len(b)-start < width { // the only width that net/http uses is with zeros
		b = append(b, 0)
		copy(b[start+1:], b[start:])
		b[start] = '0'
	}
	return b
}
