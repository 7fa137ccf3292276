package wire

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"
)

// A sim is two lines and the wires between them, in a time of its own.
type sim struct {
	now  time.Time
	ends [2]*simEnd
}

type simEnd struct {
	line       *Line
	conf       Config
	got        []byte
	text       []byte
	ups, downs int
	out        []byte // on its way to the other end
	spoil      func([]byte) []byte
}

func newSim(mtu, window int) *sim {
	s := &sim{now: time.Unix(1000, 0)}
	for i := range s.ends {
		s.ends[i] = &simEnd{}
		s.restart(i, mtu, window)
	}
	return s
}

// restart begins an end anew, as a reset does.
func (s *sim) restart(i, mtu, window int) {
	e := s.ends[i]
	e.conf = Config{
		ID: uint32(i + 1), Host: i == 1, MTU: mtu, Window: window,
		Up:   func() { e.ups++; e.got = nil },
		Down: func() { e.downs++ },
		Data: func(p []byte) { e.got = append(e.got, p...) },
		Text: func(p []byte) { e.text = append(e.text, p...) },
	}
	e.line = NewLine(e.conf)
}

// step lets both ends put one frame each on the line, and what is there arrive.
// If nothing happens, time passes.
func (s *sim) step() {
	quiet := true
	for _, e := range s.ends {
		n := len(e.out)
		e.out = e.line.Output(e.out, s.now)
		quiet = quiet && len(e.out) == n
	}
	for i, e := range s.ends {
		if len(e.out) == 0 {
			continue
		}
		p := e.out
		e.out = nil
		if e.spoil != nil {
			p = e.spoil(p)
		}
		s.now = s.now.Add(time.Millisecond)
		s.ends[1-i].line.Input(p, s.now)
	}
	if quiet {
		var next time.Time
		for _, e := range s.ends {
			if t := e.line.Timer(); !t.IsZero() && (next.IsZero() || t.Before(next)) {
				next = t
			}
		}
		if next.After(s.now) {
			s.now = next
		} else {
			s.now = s.now.Add(time.Millisecond)
		}
	}
}

// until steps until f is true.
func (s *sim) until(t testing.TB, what string, f func() bool) {
	t.Helper()
	for range 200_000 {
		if f() {
			return
		}
		s.step()
	}
	t.Fatalf("%s: not after %v", what, s.now.Sub(time.Unix(1000, 0)))
}

func (s *sim) isUp() bool { return s.ends[0].line.IsUp() && s.ends[1].line.IsUp() }

func noise(n int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}

func TestBothWays(t *testing.T) {
	s := newSim(256, 8)
	s.until(t, "greeting", s.isUp)
	a, b := noise(20_000, 1), noise(30_000, 2)
	s.ends[0].line.Write(a)
	s.ends[1].line.Write(b)
	s.until(t, "transfer", func() bool { return len(s.ends[1].got) >= len(a) && len(s.ends[0].got) >= len(b) })
	if !bytes.Equal(s.ends[1].got, a) || !bytes.Equal(s.ends[0].got, b) {
		t.Error("the streams are damaged")
	}
	s.until(t, "silence", func() bool { return s.ends[0].line.Idle() && s.ends[1].line.Idle() })
	for i, e := range s.ends {
		if e.ups != 1 || e.downs != 0 || len(e.text) > 0 {
			t.Errorf("end %d: up %d times, down %d times, text %q", i, e.ups, e.downs, e.text)
		}
	}
}

// Noise takes bytes, changes them and adds some, in both directions.
func TestNoise(t *testing.T) {
	for seed := range uint64(20) {
		s := newSim(128, 8)
		r := rand.New(rand.NewPCG(seed, 3))
		spoil := func(p []byte) []byte {
			var q []byte
			for _, b := range p {
				switch r.IntN(1000) {
				case 0: // lost
				case 1:
					q = append(q, b^1<<r.IntN(8))
				case 2:
					q = append(q, b, byte(r.Uint32()))
				default:
					q = append(q, b)
				}
			}
			return q
		}
		s.ends[0].spoil, s.ends[1].spoil = spoil, spoil
		s.until(t, "greeting", s.isUp)
		a, b := noise(20_000, seed), noise(20_000, seed+100)
		s.ends[0].line.Write(a)
		s.ends[1].line.Write(b)
		s.until(t, "transfer", func() bool { return len(s.ends[1].got) >= len(a) && len(s.ends[0].got) >= len(b) })
		if !bytes.Equal(s.ends[1].got, a) || !bytes.Equal(s.ends[0].got, b) {
			t.Fatalf("seed %d: the streams are damaged", seed)
		}
		if _, damaged := s.ends[0].line.Spoiled(); damaged == 0 {
			t.Error("nothing was damaged: the test shows nothing")
		}
	}
}

// What a board prints stays as it is, however it falls among the frames.
func TestText(t *testing.T) {
	s := newSim(128, 4)
	s.until(t, "greeting", s.isUp)
	data := noise(10_000, 4)
	s.ends[0].line.Write(data)
	var said []byte
	s.ends[0].spoil = func(p []byte) []byte {
		text := []byte("hello, world\r\n")
		said = append(said, text...)
		return append(p, text...)
	}
	s.until(t, "transfer", func() bool { return s.ends[0].line.Idle() })
	if !bytes.Equal(s.ends[1].got, data) {
		t.Error("the stream is damaged")
	}
	if !bytes.Equal(s.ends[1].text, said) || len(said) == 0 {
		t.Errorf("of %d bytes of text, %d are shown", len(said), len(s.ends[1].text))
	}
	if _, damaged := s.ends[1].line.Spoiled(); damaged > 0 {
		t.Errorf("%d frames were damaged", damaged)
	}
}

// A line that is cut loses nothing; it goes on within seconds.
func TestCut(t *testing.T) {
	s := newSim(128, 8)
	s.until(t, "greeting", s.isUp)
	data := noise(30_000, 5)
	s.ends[0].line.Write(data)
	s.until(t, "half", func() bool { return len(s.ends[1].got) > len(data)/2 })
	nothing := func([]byte) []byte { return nil }
	s.ends[0].spoil, s.ends[1].spoil = nothing, nothing
	cut := s.now
	s.until(t, "a minute", func() bool { return s.now.Sub(cut) > time.Minute })
	s.ends[0].spoil, s.ends[1].spoil = nil, nil
	mended, had := s.now, len(s.ends[1].got)
	s.until(t, "more", func() bool { return len(s.ends[1].got) > had })
	if took := s.now.Sub(mended); took > mostWait+100*time.Millisecond {
		t.Errorf("after the line was mended it took %v", took)
	}
	s.until(t, "the rest", func() bool { return len(s.ends[1].got) == len(data) })
	if !bytes.Equal(s.ends[1].got, data) {
		t.Error("the stream is damaged")
	}
	if s.ends[0].downs+s.ends[1].downs > 0 {
		t.Error("the session ended")
	}
}

// A reset of either end, in the middle of a transfer, begins a session in
// which nothing of the old one appears.
func TestReset(t *testing.T) {
	for end := range 2 {
		for _, sameID := range []bool{false, true} {
			s := newSim(128, 8)
			s.until(t, "greeting", s.isUp)
			s.ends[0].line.Write(noise(10_000, 6))
			s.ends[1].line.Write(noise(10_000, 7))
			s.until(t, "some", func() bool { return len(s.ends[0].got) > 1000 && len(s.ends[1].got) > 1000 })
			other := s.ends[1-end]
			ups := other.ups
			s.restart(end, 64, 4)
			if !sameID {
				s.ends[end].conf.ID += 100
				s.ends[end].line = NewLine(s.ends[end].conf)
			}
			s.until(t, "the second greeting", func() bool { return s.isUp() && other.ups > ups })
			if other.downs != 1 {
				t.Errorf("end %d, same ID %v: the other end was told %d times", end, sameID, other.downs)
			}
			a, b := noise(5_000, 8), noise(5_000, 9)
			s.ends[0].line.Write(a)
			s.ends[1].line.Write(b)
			s.until(t, "transfer", func() bool { return len(s.ends[1].got) >= len(a) && len(s.ends[0].got) >= len(b) })
			if !bytes.Equal(s.ends[1].got, a) || !bytes.Equal(s.ends[0].got, b) {
				t.Errorf("end %d, same ID %v: the streams are damaged", end, sameID)
			}
		}
	}
}

func TestBye(t *testing.T) {
	s := newSim(128, 8)
	s.until(t, "greeting", s.isUp)
	s.ends[1].line.Bye()
	s.until(t, "the end", func() bool { return s.ends[0].downs == 1 && s.ends[1].downs == 1 })
	for range 100 {
		s.step()
	}
	if s.ends[0].ups > 1 || s.ends[1].ups > 1 {
		t.Error("there is a session after a farewell")
	}
	s.ends[1].line.Greet()
	s.until(t, "another greeting", s.isUp)
}

// Ends of the same kind, and one that hears itself, don't talk.
func TestNoPeer(t *testing.T) {
	s := newSim(128, 8)
	s.ends[0].conf.Host = true
	s.ends[0].line = NewLine(s.ends[0].conf)
	for range 1000 {
		s.step()
	}
	alone := newSim(128, 8).ends[0]
	now := time.Unix(1000, 0)
	for range 1000 {
		p := alone.line.Output(nil, now)
		alone.line.Input(p, now)
		now = now.Add(10 * time.Millisecond)
	}
	if s.ends[0].ups+s.ends[1].ups+alone.ups > 0 {
		t.Error("there is a session")
	}
}

func TestOtherVersion(t *testing.T) {
	other := 0
	l := NewLine(Config{ID: 1, MTU: 64, Window: 1, Other: func(v int) { other = v }})
	hello := make([]byte, helloSize)
	hello[0] = Version + 1
	l.Input(appendFrame(nil, make([]byte, 100), 0, kindHello, 0, 0, hello), time.Unix(0, 0))
	if other != Version+1 || l.IsUp() {
		t.Errorf("told of version %d", other)
	}
}

// TestCRC has the check value that catalogues give for CRC-32.
func TestCRC(t *testing.T) {
	if got := crc(0, []byte("123456789")); got != 0xcbf43926 {
		t.Errorf("%#x", got)
	}
}

// FuzzInput gives an end anything at all, in a session and out of one.
func FuzzInput(f *testing.F) {
	s := newSim(128, 4)
	f.Add([]byte("hello\x02\x02\x10\x10"))
	f.Add(s.ends[0].line.Output(nil, s.now))
	f.Add(appendFrame(nil, make([]byte, 200), key(1, 2), kindData|flagGap, 0, 0, []byte("data")))
	f.Add(appendFrame(nil, make([]byte, 200), key(1, 2), kindBye, 0, 9, nil))
	f.Fuzz(func(t *testing.T, p []byte) {
		for _, up := range []bool{false, true} {
			s := newSim(128, 4)
			if up {
				s.until(t, "greeting", s.isUp)
				s.ends[1].line.Write(noise(1000, 1))
			}
			s.ends[1].line.Input(p, s.now)
			// Whatever that was, the ends find each other again.
			s.until(t, "greeting", s.isUp)
			s.until(t, "silence", func() bool { return s.ends[1].line.Idle() })
		}
	})
}

// FuzzLine damages the line as the input says, and wants the stream whole.
func FuzzLine(f *testing.F) {
	f.Add([]byte{1, 2, 3, 250, 4, 255, 0, 0, 9}, uint16(1000))
	f.Fuzz(func(t *testing.T, how []byte, size uint16) {
		s := newSim(64, 4)
		s.until(t, "greeting", s.isUp)
		at := 0
		spoil := func(p []byte) []byte {
			if at >= len(how) {
				return p
			}
			b := how[at]
			at++
			i := int(b>>2) % len(p)
			switch b & 3 {
			case 0:
				return append(p[:i:i], p[i+1:]...)
			case 1:
				p[i] ^= b | 1
			case 2:
				return p[:i]
			}
			return p
		}
		s.ends[0].spoil, s.ends[1].spoil = spoil, spoil
		data := noise(int(size), 1)
		s.ends[0].line.Write(data)
		s.until(t, "transfer", func() bool { return s.ends[0].line.Idle() })
		if !bytes.Equal(s.ends[1].got, data) {
			t.Errorf("of %d bytes %d arrive, or others", len(data), len(s.ends[1].got))
		}
	})
}

// TestRate counts the bytes of a stream against those that the line could have
// carried in the time, with a system's buffer in between, and another stream
// the other way.
func TestRate(t *testing.T) {
	const rate = 11_520 // bytes a second: 115,200 baud
	for _, test := range []struct{ mtu, window int }{{512, 8}, {256, 8}, {128, 16}} {
		s := newSim(test.mtu, test.window)
		s.until(t, "greeting", s.isUp)
		type piece struct {
			at time.Time // when it is through
			p  []byte
		}
		var way [2][]piece
		free := [2]time.Time{s.now, s.now}
		start := s.now
		size := 100_000
		for _, e := range s.ends {
			e.line.Write(noise(size, 1))
		}
		for len(s.ends[0].got) < size || len(s.ends[1].got) < size {
			next := s.now.Add(time.Second)
			for i, e := range s.ends {
				// Up to 4 KB wait in the system.
				for free[i].Sub(s.now) < 4096*time.Second/rate {
					p := e.line.Output(nil, s.now)
					if len(p) == 0 {
						break
					}
					if free[i].Before(s.now) {
						free[i] = s.now
					}
					free[i] = free[i].Add(time.Duration(len(p)) * time.Second / rate)
					way[i] = append(way[i], piece{free[i], p})
				}
				if len(way[i]) > 0 && way[i][0].at.Before(next) {
					next = way[i][0].at
				}
				if at := e.line.Timer(); !at.IsZero() && at.Before(next) && at.After(s.now) {
					next = at
				}
			}
			s.now = next
			for i := range s.ends {
				for len(way[i]) > 0 && !way[i][0].at.After(s.now) {
					s.ends[1-i].line.Input(way[i][0].p, s.now)
					way[i] = way[i][1:]
				}
			}
			if s.now.Sub(start) > time.Hour {
				t.Fatal("it takes for ever")
			}
		}
		share := 100 * float64(size) / rate / s.now.Sub(start).Seconds()
		t.Logf("frames of %d bytes, %d at once: %.1f %% of the line, both ways at once", test.mtu, test.window, share)
		if share < 80 {
			t.Errorf("frames of %d bytes: %.1f %%, want 80 %%", test.mtu, share)
		}
	}
}
