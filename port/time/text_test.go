//go:build tinynetport && baremetal

package time

import (
	"math/rand"
	"testing"
	own "time"
)

// Time is Go's, for what is tested is compiled without the rest of package time.
type Time = own.Time

func TestTextOf(t *testing.T) {
	check := func(when Time) {
		t.Helper()
		if got, want := textOf(when), when.Format("2006-01-02 15:04:05.999999999 -0700 MST"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	zones := []*own.Location{own.UTC}
	for _, east := range []int{0, 1, 59, 60, 90, 3600, 5*3600 + 1800, 14 * 3600, 100 * 3600} {
		for _, name := range []string{"", "X", "CEST"} {
			zones = append(zones, own.FixedZone(name, east), own.FixedZone(name, -east))
		}
	}
	r := rand.New(rand.NewSource(1))
	for _, zone := range zones {
		check(Time{}.In(zone))
		for _, year := range []int{-12345, -1000, -1, 0, 1, 999, 1000, 1970, 9999, 10000, 123456} {
			for _, nanos := range []int{0, 1, 10, 100000000, 999999999, 120, 7000000} {
				check(own.Date(year, own.Month(1+r.Intn(12)), 1+r.Intn(31), r.Intn(24), r.Intn(60), r.Intn(60), nanos, zone))
			}
		}
		for range 200 {
			check(own.Unix(r.Int63n(1<<38)-1<<37, r.Int63n(1e9)).In(zone))
		}
	}
}
