package main

import (
	"testing"
)

// TestMeasurements makes each one with a few operations: it has to work, and to
// have taken time.
func TestMeasurements(t *testing.T) {
	for _, m := range measurements() {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			s, err := m.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			for n := 1; n <= 3; n += 2 {
				if n > 1 && m.Size == bigMB {
					break
				}
				slice, err := s.Take(n)
				if err != nil {
					t.Fatal(err)
				}
				if slice.Ops != n || slice.Wall <= 0 {
					t.Errorf("%d operations: %+v", n, slice)
				}
			}
		})
	}
}

func TestOpenConnections(t *testing.T) {
	bytes, err := openConnections(50)
	if err != nil {
		t.Fatal(err)
	}
	if bytes < 100 || bytes > 100_000 {
		t.Errorf("an open connection takes %.0f bytes", bytes)
	}
}
