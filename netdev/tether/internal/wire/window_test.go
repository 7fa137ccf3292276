package wire

import (
	"bytes"
	"testing"
)

// TestOddWindow: frames that are under way while their numbers begin again at 0
// keep what is in them, whatever the window.
func TestOddWindow(t *testing.T) {
	for _, window := range []int{3, 10, 63} {
		s := newSim(64, window)
		a, b := s.ends[0], s.ends[1]
		s.until(t, "a session", func() bool { return a.line.IsUp() && b.line.IsUp() })
		lost := 0
		a.spoil = func(p []byte) []byte {
			if lost++; lost%(window-1) == 0 {
				return nil
			}
			return p
		}
		var want []byte
		for i := range 64 * 1000 {
			want = append(want, byte(i/64), byte(i>>14))
		}
		a.line.Write(want)
		s.until(t, "all", func() bool { return len(b.got) >= len(want) })
		if !bytes.Equal(b.got, want) {
			t.Errorf("window %d: what comes is not what was sent", window)
		}
	}
}
