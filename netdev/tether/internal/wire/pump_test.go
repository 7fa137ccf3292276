package wire

import (
	"testing"
	"time"
)

// TestAlarmEarly: a clock of coarse ticks has the timer end a little before its time.
// The writer finds nothing to do yet, and is woken again.
func TestAlarmEarly(t *testing.T) {
	p := NewPump(Config{ID: 5, MTU: 256, Window: 8}, nil)
	at := time.Now().Add(time.Hour)
	for range 2 {
		p.alarm(at)
		p.alarm(at) // asked for again while the timer runs, it stays as it is
		if !p.timer.Stop() {
			t.Fatal("the timer does not run")
		}
		p.ring()
		select {
		case <-p.wake:
		default:
			t.Error("the timer does not wake the writer")
		}
	}
	p.alarm(time.Now().Add(-time.Second))
	<-p.wake
}

// silent is a device that never has a byte, and does not wait for one.
type silent struct{ asked func() }

func (s silent) Read([]byte) (int, error) { s.asked(); return 0, nil }

// TestReadStopped: who reads from such a device ends, too.
func TestReadStopped(t *testing.T) {
	p := NewPump(Config{ID: 5, MTU: 256, Window: 8}, nil)
	stop, asked := make(chan struct{}), 0
	err := p.Read(silent{func() {
		if asked++; asked == 5 {
			close(stop)
		}
	}}, 64, stop)
	if err != errStopped || asked != 5 {
		t.Errorf("Read ended with %v, after it had asked %d times; want %v after 5", err, asked, errStopped)
	}
}
