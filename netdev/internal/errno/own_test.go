//go:build plan9 || errno_own

package errno

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

func TestOwn(t *testing.T) {
	seen := map[string]Errno{}
	for no := EACCES; no <= ETIMEDOUT; no++ {
		text := no.Error()
		if other, ok := seen[text]; ok || text == "" {
			t.Errorf("%d: got the text %q, want one of its own (%d has it)", no, text, other)
		}
		seen[text] = no
	}
	for _, test := range []struct {
		err, target error
		want        bool
	}{
		{fmt.Errorf("dial: %w", ECONNREFUSED), ECONNREFUSED, true},
		{errors.New("dial 1.2.3.4: connection refused"), ECONNREFUSED, true},
		{errors.New("read: i/o on hungup channel"), EPIPE, true},
		{errors.New("connection refused"), ETIMEDOUT, false},
		{errors.New("connection refused"), EBADF, false},
		{errors.New("connection refused"), errors.ErrUnsupported, false},
		{nil, ECONNREFUSED, false},
		{EACCES, fs.ErrPermission, true},
		{EPERM, fs.ErrPermission, true},
		{EBADF, fs.ErrPermission, false},
		{ENOTSUP, errors.ErrUnsupported, true},
		{EAFNOSUPPORT, errors.ErrUnsupported, true},
		{EINVAL, errors.ErrUnsupported, false},
	} {
		if got := Is(test.err, test.target); got != test.want {
			t.Errorf("Is(%v, %v): got %v, want %v", test.err, test.target, got, test.want)
		}
	}
	if !ETIMEDOUT.Timeout() || EPIPE.Timeout() {
		t.Error("got a wrong Timeout, want that of ETIMEDOUT only")
	}
}
