//go:build tinynetport && tinynet_board

package internal

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"
)

// typeName is in brief_type_board.go with what only Go's own packages import.
func typeName(v any) string {
	if v == nil {
		return "<nil>"
	}
	return reflect.TypeOf(v).String()
}

type nilString struct{ s string }

func (n *nilString) String() string { return n.s }

// values are of every type that net/http gives, and of some that a handler panics with.
var values = []any{
	"", "text", "quo\"te\n", "\x00\xff", "\u00fc\u20ac\U0001f600", []byte("bytes"), []byte{},
	0, 1, -1, 7, 42, 404, -404, math.MaxInt, math.MinInt, int8(-128), int16(300), int32('x'), int64(math.MinInt64),
	uint(0), uint8('q'), uint16(65535), uint32(1 << 31), uint64(math.MaxUint64), uintptr(4096),
	errors.New("an error"), io.EOF, fmt.Errorf("outer: %w", io.ErrUnexpectedEOF), net.IPv4(1, 2, 3, 4),
	&net.TCPAddr{IP: net.IPv6loopback, Port: 80}, 1500 * time.Millisecond, (*nilString)(nil), &nilString{"s"},
	[]string{}, []string{"a", "b c"}, nil,
}

// TestAsFmt compares what is said with what fmt says.
func TestAsFmt(t *testing.T) {
	check := func(format string, args ...any) {
		t.Helper()
		if got, want := Sprintf(format, args...), fmt.Sprintf(format, args...); got != want && !strings.Contains(format, "%w") {
			t.Errorf("Sprintf(%q, %#v) = %q, want %q", format, args, got, want)
		}
		gotErr, wantErr := Errorf(format, args...), fmt.Errorf(format, args...)
		if gotErr.Error() != wantErr.Error() || errors.Unwrap(gotErr) != errors.Unwrap(wantErr) {
			t.Errorf("Errorf(%q, %#v) = %q of %v, want %q of %v", format, args, gotErr, errors.Unwrap(gotErr), wantErr, errors.Unwrap(wantErr))
		}
	}
	for _, v := range values {
		check("%T", v)
		if got, want := Sprintf("%v", Text(v)), fmt.Sprint(v); got != want {
			t.Errorf("the Text of %#v: got %q, want %q", v, got, want)
		}
		if _, ok := v.(net.Addr); !ok {
			v = Text(v)
		}
		check("%v", v)
		check("a %v b", v)
		switch v.(type) {
		case string, []byte, error, fmt.Stringer, []string:
			check("%s", v)
			check("%q", v)
		case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, uintptr:
			check("%d", v)
			check("%x", v)
			check("%03d", v)
			check("%05d|%1d", v, v)
		case nil:
			check("%s", v)
			check("%d", v)
		}
		if _, ok := v.(int32); ok {
			check("%q", v)
		}
	}
	check("%q", byte('"'))
	check("%x", "text")
	check("%t %v", true, false)
	check("%w", io.EOF)
	check("%d%%: %s: %w", 5, "x", io.EOF)
	check("%[1]s and %[2]s both, like %[3]q.\n%[1]s", "a", "b", "c")
	check("100%%")
	check("plain")
	for _, few := range []string{"%s", "%q and %s"} {
		check(few, []any{}...)
		check(few+" %v", "one")
	}
}

// TestOtherValues: of what it does not print it names the type, and keeps the rest.
func TestOtherValues(t *testing.T) {
	type point struct{ x, y int }
	if got, want := Sprintf("panic: %v at %s", point{1, 2}, "x"), "panic: (internal.point) at x"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := Sprintf("%v", 1.5), "(float64)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

type panics struct{}

func (panics) Error() string { panic("no") }

func TestMethodThatPanics(t *testing.T) {
	if got := Sprintf("before %v after", panics{}); !strings.HasPrefix(got, "before %!v(PANIC") || !strings.HasSuffix(got, ") after") {
		t.Errorf("got %q, want the rest of the text and that it panicked", got)
	}
}

func TestWriters(t *testing.T) {
	var got, want strings.Builder
	Fprintf(&got, "%d %s\r\n", 200, "OK")
	fmt.Fprintf(&want, "%d %s\r\n", 200, "OK")
	Fprintln(&got, "a", 1, io.EOF)
	fmt.Fprintln(&want, "a", 1, io.EOF)
	Fprintln(&got)
	fmt.Fprintln(&want)
	if got.String() != want.String() {
		t.Errorf("got %q, want %q", got.String(), want.String())
	}
}

func FuzzSprintf(f *testing.F) {
	f.Add("%s %d", "x", 1)
	f.Add("%[2]d %[1]q", "x", -1)
	f.Add("%", "", 0)
	f.Fuzz(func(t *testing.T, format, s string, n int) {
		Sprintf(format, s, n) // must not panic
	})
}
