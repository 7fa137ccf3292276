//go:build tinynetport

package net

import (
	"net/netip"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"
)

// These are ours: what goroutines that run at the same time do to the layer that
// gives deadlines to drivers without.

// A slowDriver has calls that come back when they are let go.
type slowDriver struct {
	netdever
	accepts chan error
}

func (d *slowDriver) Accept(int) (int, netip.AddrPort, error) {
	return -1, netip.AddrPort{}, <-d.accepts
}
func (d *slowDriver) Listen(int, int) error { return nil }
func (d *slowDriver) Close(int) error       { return nil }

func (p *patient) stuckCalls() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stuck
}

// awaitTrue waits for what another goroutine is about to do.
func awaitTrue(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !f(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// TestPatientPromptEndsLate has calls come back in the very moment in which
// nobody waits for them any more: that must not leave the driver busy for ever.
func TestPatientPromptEndsLate(t *testing.T) {
	p := newPatient(&slowDriver{}, nil)
	var all sync.WaitGroup
	for range 4 {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := range 1000 {
				p.prompt(time.Duration(i%20)*time.Microsecond, func() error { return nil })
			}
		}()
	}
	all.Wait()
	awaitTrue(t, "no call is in the driver", func() bool { return p.stuckCalls() == 0 })
	if err := p.prompt(20*time.Second, func() error { return os.ErrInvalid }); err != os.ErrInvalid {
		t.Errorf("a call after that gives %v, want its own error %v", err, os.ErrInvalid)
	}
}

func TestPatientPromptStuck(t *testing.T) {
	p := newPatient(&slowDriver{}, nil)
	release := make(chan bool)
	if err := p.prompt(time.Millisecond, func() error { <-release; return nil }); err != errBusy {
		t.Errorf("a call that hangs gives %v, want %v", err, errBusy)
	}
	if err := p.prompt(20*time.Second, func() error { return nil }); err != errBusy {
		t.Errorf("a call meanwhile gives %v, want %v", err, errBusy)
	}
	close(release)
	awaitTrue(t, "the call has come back", func() bool { return p.stuckCalls() == 0 })
	if err := p.prompt(20*time.Second, func() error { return nil }); err != nil {
		t.Errorf("a call after that gives %v, want nil", err)
	}
}

// TestPatientListenDeadline has a new listener take over the call in which the
// driver still waits for an earlier one: the deadline that was set before that,
// or at the same time, has to end it.
func TestPatientListenDeadline(t *testing.T) {
	const num = 7
	for i := range 50 {
		d := &slowDriver{accepts: make(chan error)}
		p := newPatient(d, nil)
		accept := func() chan error {
			done := make(chan error, 1)
			go func() {
				_, _, err := p.Accept(num)
				done <- err
			}()
			return done
		}
		p.Listen(num, 1)
		p.SetSockDeadline(num, ndReads, time.Now().Add(time.Millisecond))
		if err := <-accept(); err != os.ErrDeadlineExceeded {
			t.Fatalf("the first Accept gives %v, want %v", err, os.ErrDeadlineExceeded)
		}
		p.Close(num)

		soon := time.Now().Add(2 * time.Millisecond)
		set := make(chan bool)
		go func() {
			p.SetSockDeadline(num, ndReads, soon)
			close(set)
		}()
		if i%2 == 0 {
			<-set
		}
		p.Listen(num, 1)
		<-set
		select {
		case err := <-accept():
			if err != os.ErrDeadlineExceeded {
				t.Fatalf("Accept gives %v, want %v", err, os.ErrDeadlineExceeded)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("Accept goes on after its deadline")
		}
		p.Close(num)
		close(d.accepts)
	}
}
