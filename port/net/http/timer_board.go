//go:build tinynetport && port.board

package http

import (
	"errors"
	"strings"
	"sync"
	"time"
)

// A boardTimer is what this package needs of a time.Timer. time.NewTimer makes
// an interface value of a channel of times, which on a board links the methods
// of time.Time that print it, and GODEBUG. As from a time.Timer since Go 1.23,
// nothing stale comes out of C after Stop or Reset. See docs/RATIONALE.md, "Two
// kinds of timers".
type boardTimer struct {
	C     chan time.Time
	timer *time.Timer

	mu sync.Mutex
	at time.Time // when it rings; zero if it does not run
}

func newTimer(d time.Duration) *boardTimer {
	t := &boardTimer{C: make(chan time.Time, 1)}
	t.mu.Lock() // so that ring does not come before there is a timer
	t.at = time.Now().Add(d)
	t.timer = time.AfterFunc(d, t.ring)
	t.mu.Unlock()
	return t
}

// ring may run beside Stop or Reset, and after them: then it is for a time that
// is not to come any more, or not yet.
func (t *boardTimer) ring() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.at.IsZero() {
		return
	}
	now := time.Now()
	if wait := t.at.Sub(now); wait > 0 {
		t.timer.Reset(wait)
		return
	}
	t.at = time.Time{}
	t.C <- now // which is empty
}

// stopLocked reports whether the timer ran, or nobody has seen yet that it rang.
// The caller holds t.mu.
func (t *boardTimer) stopLocked() bool {
	on := !t.at.IsZero()
	t.at = time.Time{}
	t.timer.Stop()
	select {
	case <-t.C:
		on = true
	default:
	}
	return on
}

func (t *boardTimer) Stop() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stopLocked()
}

func (t *boardTimer) Reset(d time.Duration) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	on := t.stopLocked()
	t.at = time.Now().Add(d)
	t.timer.Reset(d)
	return on
}

var errCookieTime = errors.New("net/http: no time of a cookie")

// cookieTime reads when a cookie expires, as time.Parse does: the layout is
// "Mon, 02 Jan 2006 15:04:05 MST" or the same with the date as 02-Jan-2006.
// time.Parse knows all layouts, and files of time zones, and takes 9 kB. Zones
// are of no effect, as they are for time.Parse where the local one is UTC.
func cookieTime(layout, text string) (time.Time, error) {
	p := timeParser{text: text, ok: true}
	p.name("SunMonTueWedThuFriSat")
	p.literal(", ")
	day := p.number(2, 2)
	p.literal(layout[7:8])
	month := p.name("JanFebMarAprMayJunJulAugSepOctNovDec") + 1
	p.literal(layout[7:8])
	year := p.number(4, 4)
	p.literal(" ")
	hour := p.number(1, 2)
	p.literal(":")
	minute := p.number(2, 2)
	p.literal(":")
	second := p.number(2, 2)
	nanoseconds := p.fraction()
	p.literal(" ")
	p.zone()
	if !p.ok || p.text != "" || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, errCookieTime
	}
	// A day that the month does not have would be one of the next month.
	date := time.Date(year, time.Month(month), day, hour, minute, second, nanoseconds, time.UTC)
	if day < 1 || date.Day() != day {
		return time.Time{}, errCookieTime
	}
	return date, nil
}

// A timeParser takes what is asked for from the start of text; ok is whether
// all of it was there.
type timeParser struct {
	text string
	ok   bool
}

// literal takes s, in which a space stands for any number of them, and for the
// end.
func (p *timeParser) literal(s string) {
	for i := 0; i < len(s); i++ {
		if s[i] == ' ' {
			n := len(p.text) - len(strings.TrimLeft(p.text, " "))
			if n == 0 && p.text != "" {
				p.ok = false
			}
			p.text = p.text[n:]
			continue
		}
		if p.text == "" || p.text[0] != s[i] {
			p.ok = false
			return
		}
		p.text = p.text[1:]
	}
}

// name takes one of these names, of three letters each, in any case.
func (p *timeParser) name(names string) int {
	if len(p.text) < 3 {
		p.ok = false
		return 0
	}
	for i := 0; i < len(names); i += 3 {
		if sameLetters(names[i:i+3], p.text) {
			p.text = p.text[3:]
			return i / 3
		}
	}
	p.ok = false
	return 0
}

// sameLetters tells whether text begins with the letters of name, in any case.
// strings.EqualFold, for which other alphabets have cases too, takes their tables.
func sameLetters(name, text string) bool {
	for i := range len(name) {
		if name[i]|0x20 != text[i]|0x20 {
			return false
		}
	}
	return true
}

// digits is how many the text begins with.
func (p *timeParser) digits() int {
	n := 0
	for n < len(p.text) && p.text[n] >= '0' && p.text[n] <= '9' {
		n++
	}
	return n
}

func (p *timeParser) number(least, most int) int {
	n := min(p.digits(), most)
	if n < least {
		p.ok = false
		return 0
	}
	value := 0
	for _, c := range []byte(p.text[:n]) {
		value = value*10 + int(c-'0')
	}
	p.text = p.text[n:]
	return value
}

// fraction takes what may follow the seconds, and returns nanoseconds.
func (p *timeParser) fraction() int {
	if len(p.text) < 2 || p.text[0] != '.' && p.text[0] != ',' {
		return 0
	}
	rest := timeParser{text: p.text[1:]}
	n := rest.digits()
	if n == 0 {
		return 0
	}
	value := 0
	for i := 0; i < 9; i++ {
		value *= 10
		if i < n {
			value += int(rest.text[i] - '0')
		}
	}
	p.text = rest.text[n:]
	return value
}

// zone takes what looks like the name of a time zone.
func (p *timeParser) zone() {
	capitals := 0
	for capitals < len(p.text) && p.text[capitals] >= 'A' && p.text[capitals] <= 'Z' {
		capitals++
	}
	n := 0
	switch {
	case strings.HasPrefix(p.text, "UTC"):
		n = 3
	case strings.HasPrefix(p.text, "GMT"):
		n = 3 + signedHours(p.text[3:])
	case strings.HasPrefix(p.text, "ChST"), strings.HasPrefix(p.text, "MeST"), strings.HasPrefix(p.text, "WITA") && capitals == 4:
		n = 4
	case capitals == 3, (capitals == 4 || capitals == 5) && p.text[capitals-1] == 'T':
		n = capitals
	default:
		if len(p.text) >= 3 {
			n = signedHours(p.text)
		}
	}
	if n == 0 {
		p.ok = false
	}
	p.text = p.text[n:]
}

// signedHours returns how long the +3 or -11 is that the text begins with.
func signedHours(text string) int {
	if text == "" || text[0] != '+' && text[0] != '-' {
		return 0
	}
	rest := timeParser{text: text[1:]}
	n, hours := rest.digits(), 0
	for _, c := range []byte(rest.text[:n]) {
		hours = min(hours*10+int(c-'0'), 24)
	}
	if n == 0 || hours > 23 {
		return 0
	}
	return 1 + n
}
