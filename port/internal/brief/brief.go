//go:build tinynetport

// Package brief puts into words what goes wrong with a URL or a header. Package fmt,
// which does it in Go, links 40 kB that prints values of any type.
package brief

import (
	"errors"
	"strconv"
)

// Sprintf knows the verbs %s, %q, %w and %d, the last with zeros in front up to a
// width, for strings, bytes, errors and ints. What it makes of them is what fmt does.
func Sprintf(format string, args ...any) string {
	var b []byte
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || len(args) == 0 {
			b = append(b, format[i])
			continue
		}
		width := 0
		for i++; '0' <= format[i] && format[i] <= '9'; i++ {
			width = width*10 + int(format[i]-'0')
		}
		var s string
		switch v := args[0].(type) {
		case string:
			s = v
		case []byte:
			s = string(v)
		case int:
			s = strconv.Itoa(v)
			for len(s) < width {
				s = "0" + s
			}
		case error:
			s = v.Error()
		case nil:
			s = "%!" + format[i:i+1] + "(<nil>)"
		}
		if format[i] == 'q' {
			s = strconv.Quote(s)
		}
		b, args = append(b, s...), args[1:]
	}
	return string(b)
}

// Errorf wraps the last of its arguments, if that is an error.
func Errorf(format string, args ...any) error {
	text := Sprintf(format, args...)
	if len(args) > 0 {
		if err, ok := args[len(args)-1].(error); ok {
			return &wrapped{text, err}
		}
	}
	return errors.New(text)
}

type wrapped struct {
	text string
	err  error
}

func (w *wrapped) Error() string { return w.text }
func (w *wrapped) Unwrap() error { return w.err }
