//go:build tinynetport && tinynet_board

package http

import (
	"math/rand"
	"runtime"
	"testing"
	"time"
)

// cookieLayouts are those that cookies are read with.
var cookieLayouts = []string{time.RFC1123, "Mon, 02-Jan-2006 15:04:05 MST"}

func checkCookieTime(t *testing.T, text string) {
	t.Helper()
	for _, layout := range cookieLayouts {
		want, wantErr := time.ParseInLocation(layout, text, time.UTC)
		got, err := cookieTime(layout, text)
		if (err == nil) != (wantErr == nil) || err == nil && !got.Equal(want) {
			t.Errorf("cookieTime(%q, %q) = %v, %v, want %v, %v", layout, text, got, err, want, wantErr)
		}
	}
}

// cookieTimes are times, and what is nearly one.
var cookieTimes = []string{
	"", "Mon", "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21-Oct-2015 07:28:00 GMT", "wED, 21 oCT 2015 7:28:00 UTC",
	"Wed,21 Oct 2015 07:28:00 GMT", "Wed,   21   Oct   2015   07:28:00   GMT", "Wed, 21 Oct 2015 07:28:00",
	"Wed, 21 Oct 2015 07:28:00 ", "Wed, 21 Oct 2015 07:28:00 GMT ", "Wed, 1 Oct 2015 07:28:00 GMT", "Wed, 001 Oct 2015 07:28:00 GMT",
	"Wed, 29 Feb 2016 00:00:00 GMT", "Wed, 29 Feb 2015 00:00:00 GMT", "Wed, 31 Apr 2015 00:00:00 GMT", "Wed, 00 Apr 2015 00:00:00 GMT",
	"Wed, 30 Feb 2000 00:00:00 GMT", "Wed, 29 Feb 1900 00:00:00 GMT", "Wed, 21 Oct 0000 23:59:59 GMT", "Wed, 21 Oct 9999 23:59:59 GMT",
	"Wed, 21 Oct 2015 24:00:00 GMT", "Wed, 21 Oct 2015 07:60:00 GMT", "Wed, 21 Oct 2015 07:28:60 GMT", "Wed, 21 Oct 2015 7:8:00 GMT",
	"Wed, 21 Oct 2015 07:28:00.5 GMT", "Wed, 21 Oct 2015 07:28:00,123456789123 GMT", "Wed, 21 Oct 2015 07:28:00. GMT", "Wed, 21 Oct 2015 07:28:00.000000001GMT",
	"Wed, 21 Oct 2015 07:28:00 GMT+3", "Wed, 21 Oct 2015 07:28:00 GMT-11", "Wed, 21 Oct 2015 07:28:00 GMT+24", "Wed, 21 Oct 2015 07:28:00 GMT+",
	"Wed, 21 Oct 2015 07:28:00 GMT+00000000000000000000000000000000001", "Wed, 21 Oct 2015 07:28:00 GMT+99999999999999999999999999",
	"Wed, 21 Oct 2015 07:28:00 EST", "Wed, 21 Oct 2015 07:28:00 CEST", "Wed, 21 Oct 2015 07:28:00 CESX", "Wed, 21 Oct 2015 07:28:00 WITA",
	"Wed, 21 Oct 2015 07:28:00 WITAT", "Wed, 21 Oct 2015 07:28:00 AEDDT", "Wed, 21 Oct 2015 07:28:00 AEDDX", "Wed, 21 Oct 2015 07:28:00 AEDDTT",
	"Wed, 21 Oct 2015 07:28:00 ChST", "Wed, 21 Oct 2015 07:28:00 MeST", "Wed, 21 Oct 2015 07:28:00 chst", "Wed, 21 Oct 2015 07:28:00 est",
	"Wed, 21 Oct 2015 07:28:00 +03", "Wed, 21 Oct 2015 07:28:00 -3", "Wed, 21 Oct 2015 07:28:00 -03", "Wed, 21 Oct 2015 07:28:00 +0300", "Wed, 21 Oct 2015 07:28:00 ES",
	"Wed, 21 Oct 20x5 07:28:00 GMT", "Wed, 21 Oct +201 07:28:00 GMT", "Xyz, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Xyz 2015 07:28:00 GMT",
	"Wednesday, 21 Oct 2015 07:28:00 GMT", "Wed, 21 October 2015 07:28:00 GMT", "Wed, 21-Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:00 UTCX",
}

func TestCookieTime(t *testing.T) {
	good := 0
	for _, text := range cookieTimes {
		checkCookieTime(t, text)
		if _, err := cookieTime(cookieLayouts[0], text); err == nil {
			good++
		}
	}
	if good < 20 {
		t.Errorf("%d of the texts are times", good)
	}
	// Each with one or two bytes changed, left out, put in.
	const with = "0123456789 ,.:-+AGMTUCtsbF\x00\xff"
	random := rand.New(rand.NewSource(1))
	for range 200_000 {
		text := []byte(cookieTimes[random.Intn(len(cookieTimes))])
		for range 1 + random.Intn(2) {
			i := random.Intn(len(text) + 1)
			switch c := with[random.Intn(len(with))]; random.Intn(3) {
			case 0:
				text = append(text[:i:i], append([]byte{c}, text[i:]...)...)
			case 1:
				if i < len(text) {
					text[i] = c
				}
			default:
				if i < len(text) {
					text = append(text[:i:i], text[i+1:]...)
				}
			}
		}
		checkCookieTime(t, string(text))
	}
}

func FuzzCookieTime(f *testing.F) {
	for _, text := range cookieTimes {
		f.Add(text)
	}
	f.Fuzz(checkCookieTime)
}

// TestBoardTimer is about what net/http does with its timers.
func TestBoardTimer(t *testing.T) {
	timer := newTimer(time.Hour)
	if !timer.Stop() || timer.Stop() {
		t.Error("Stop does not tell whether the timer was running")
	}
	timer.Reset(0)
	<-timer.C
	timer.Reset(0)
	<-timer.C
	if timer.Reset(time.Hour) {
		t.Error("Reset says that a timer was running which had fired")
	}
	if !timer.Reset(time.Hour) {
		t.Error("Reset says that no timer was running")
	}
	timer.Stop()
}

// TestBoardTimerStale resets timers at the moment at which they ring. What they
// would have rung for then does not come.
func TestBoardTimerStale(t *testing.T) {
	timer := newTimer(time.Hour)
	defer timer.Stop()
	for i := range 20_000 {
		timer.Reset(time.Duration(i % 20_000))
		for range i % 50 {
			runtime.Gosched()
		}
		timer.Reset(time.Hour)
		for range 20 {
			runtime.Gosched()
		}
		select {
		case <-timer.C:
			t.Fatalf("round %d: a timer that was set to an hour rang", i)
		default:
		}
	}
}
