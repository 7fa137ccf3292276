//go:build tinynetport

package brief

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// typeName is in type.go with what only Go's own packages import.
func typeName(v any) string {
	if v == nil {
		return "<nil>"
	}
	return reflect.TypeOf(v).String()
}

// TestAsFmt compares what is said with what fmt says.
func TestAsFmt(t *testing.T) {
	check := func(format string, args ...any) {
		t.Helper()
		if got, want := Errorf(format, args...).Error(), fmt.Errorf(format, args...).Error(); got != want {
			t.Errorf("Errorf(%q, %#v): got %q, want %q", format, args, got, want)
		}
	}
	for _, s := range []string{"", "text", "quo\"te\n", "\x00\xff", "\u00fc\u20ac\U0001f600", "100%"} {
		check("a %s b %v c %q d %x", s, s, s, s)
		check("%s|%q|%x|%v", []byte(s), []byte(s), []byte(s), []byte(s))
		check("%v %q %s", []string{s, "b c"}, []string{s}, []string{s, s})
		check("%T", s)
		check("%s %v %q", errors.New(s), errors.New(s), errors.New(s))
	}
	for _, n := range []int{0, 1, -1, 7, 42, 404, -404, 65535, math.MaxInt32, math.MinInt32} {
		check("%d %v %x %X %03d %04X %T", n, n, n, n, n, n, n)
		check("%d %x %04X", int64(n), int64(n), int64(n))
		check("%d %x %02x", uint8(n), uint8(n), uint8(n))
		check("%d %x 0x%04X %v", uint16(n), uint16(n), uint16(n), uint16(n))
		check("%d %x", uint32(n), uint32(n))
		check("%d %x %v %05d", uint64(n), uint64(n), uint64(n), uint64(n))
		check("%d %d %d %d %03d", uint(n), uintptr(n), int8(n), int16(n), int32(n))
	}
	check("%d %x", int64(math.MinInt64), uint64(math.MaxUint64))
	check("%x %v %d", []uint16{}, []uint16{771}, []uint16{0x303, 0x302})
	_, ip, _ := net.ParseCIDR("10.0.0.0/8")
	check("%q %s %v", ip, ip, &net.TCPAddr{IP: net.IPv6loopback, Port: 80})
	var none any
	check("%v %v %s %d %T", true, none, none, none, none)
	check("%w: %s", io.EOF, "more")
	check("%w%.0w", io.EOF, io.ErrUnexpectedEOF)
	check("100%%")
	check("plain")
	for _, few := range [][]any{{}, {"one"}} {
		check("%s and %q", few...)
	}
	var out bytes.Buffer
	if n, err := Fprintf(&out, "%s: %d\r\n", "a", 1); n != 6 || err != nil || out.String() != "a: 1\r\n" {
		t.Errorf("Fprintf wrote %q, and returned %d, %v", &out, n, err)
	}
	if got, want := string(Appendf([]byte("a"), "%s", "b")), "ab"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := Sprintf("%v", struct{}{}), "(struct {})"; got != want {
		t.Errorf("a type that it does not know: got %q, want %q", got, want)
	}
}

// panics cannot say what it is.
type panics struct{}

func (panics) Error() string { panic("no") }

// TestMethodThatPanics: an error of a program's own, here a nil pointer, does not end
// the program where fmt goes on.
func TestMethodThatPanics(t *testing.T) {
	for _, arg := range []any{(*net.OpError)(nil), (*net.DNSError)(nil), (*net.TCPAddr)(nil), (*net.IPNet)(nil)} {
		for _, format := range []string{"before %v after", "before %s after", "before %q after", "before %w after"} {
			if _, ok := arg.(error); !ok && strings.Contains(format, "%w") {
				continue
			}
			if got, want := Errorf(format, arg).Error(), fmt.Errorf(format, arg).Error(); got != want {
				t.Errorf("Errorf(%q, (%T)(nil)): got %q, want %q", format, arg, got, want)
			}
		}
	}
	if got := Sprintf("before %v after", panics{}); !strings.HasPrefix(got, "before %!v(PANIC") || !strings.HasSuffix(got, ") after") {
		t.Errorf("got %q, want the rest of the text and that it panicked", got)
	}
}

// TestWraps compares which errors are wrapped.
func TestWraps(t *testing.T) {
	other := errors.New("other")
	for _, c := range []struct {
		format string
		args   []any
	}{
		{"%w", []any{io.EOF}},
		{"%d%%: %s: %w", []any{5, other, io.EOF}},
		{"%s", []any{io.EOF}},
		{"%v and %03d", []any{io.EOF, 1}},
		{"%w%.0w", []any{io.EOF, other}},
		{"%w: %s: %w", []any{other, "x", io.EOF}},
		{"%w", []any{"no error"}},
	} {
		got, want := Errorf(c.format, c.args...), fmt.Errorf(c.format, c.args...)
		for _, target := range []error{io.EOF, other} {
			if got, want := errors.Is(got, target), errors.Is(want, target); got != want {
				t.Errorf("Errorf(%q, %v) is %v: got %v, want %v", c.format, c.args, target, got, want)
			}
		}
		if got, want := errors.Unwrap(got), errors.Unwrap(want); got != want {
			t.Errorf("Errorf(%q, %v): Unwrap: got %v, want %v", c.format, c.args, got, want)
		}
		type all interface{ Unwrap() []error }
		g, _ := got.(all)
		w, _ := want.(all)
		if (g == nil) != (w == nil) || g != nil && !slices.Equal(g.Unwrap(), w.Unwrap()) {
			t.Errorf("Errorf(%q, %v): Unwrap of several: got %v, want %v", c.format, c.args, g, w)
		}
	}
}

func FuzzSprintf(f *testing.F) {
	f.Add("%s %d", "x", 1)
	f.Add("%.0w %02x", "x", -1)
	f.Add("%", "", 0)
	f.Fuzz(func(t *testing.T, format, s string, n int) {
		Errorf(format, s, n) // must not panic
	})
}
