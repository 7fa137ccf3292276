//go:build tinynetport && port.board

package net

import (
	"context"
	"internal/nettrace"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
	_ "unsafe" // for go:linkname
)

// Contexts and timers for this package's own use. Those of context and time
// bring along what prints them, and with that the tables of time zones and what
// reads GODEBUG, 20 kB of flash that a board has no use for.
// See docs/RATIONALE.md, "Small contexts, timers and parsers".

// A boardCtx is a context that can be cancelled and may have a deadline.
type boardCtx struct {
	context.Context // the parent
	hidden[boardCtxState]
}

type boardCtxState struct {
	done     chan struct{}
	deadline time.Time

	mu    sync.Mutex
	err   error
	funcs []*boardFunc // to run at the end
	timer *time.Timer
	leave func() bool // takes leave of the parent
}

type boardFunc struct{ f func() }

func newBoardCtx(parent context.Context, deadline time.Time) (*boardCtx, *boardCtxState) {
	s := &boardCtxState{done: make(chan struct{}), deadline: deadline}
	if err := parent.Err(); err != nil {
		s.end(err)
	} else if parent.Done() != nil {
		leave := ctxAfterFunc(parent, func() { s.end(parent.Err()) })
		s.mu.Lock()
		s.leave = leave
		ended := s.err != nil
		s.mu.Unlock()
		if ended {
			leave()
		}
	}
	return &boardCtx{parent, hide(s)}, s
}

func ctxWithCancel(parent context.Context) (context.Context, context.CancelFunc) {
	deadline, _ := parent.Deadline()
	c, s := newBoardCtx(parent, deadline)
	return c, func() { s.end(context.Canceled) }
}

func ctxWithDeadline(parent context.Context, t time.Time) (context.Context, context.CancelFunc) {
	if have, ok := parent.Deadline(); ok && have.Before(t) {
		return ctxWithCancel(parent)
	}
	c, s := newBoardCtx(parent, t)
	wait := time.Until(t)
	if wait <= 0 {
		s.end(context.DeadlineExceeded)
		return c, func() {}
	}
	s.mu.Lock()
	if s.err == nil && !alone {
		s.timer = time.AfterFunc(wait, func() { s.end(context.DeadlineExceeded) })
	}
	s.mu.Unlock()
	return c, func() { s.end(context.Canceled) }
}

func (s *boardCtxState) end(err error) {
	s.mu.Lock()
	if s.err != nil {
		s.mu.Unlock()
		return
	}
	s.err = err
	funcs, leave := s.funcs, s.leave
	s.funcs = nil
	if s.timer != nil {
		s.timer.Stop()
	}
	close(s.done)
	s.mu.Unlock()
	if leave != nil {
		leave()
	}
	for _, f := range funcs {
		start(f.f)
	}
}

func (c *boardCtx) Done() <-chan struct{} { return c.get().done }

func (c *boardCtx) Deadline() (time.Time, bool) {
	t := c.get().deadline
	return t, !t.IsZero()
}

func (c *boardCtx) Err() error {
	s := c.get()
	if alone {
		s.look(c.Context)
	}
	s.mu.Lock()
	err := s.err
	s.mu.Unlock()
	return err
}

// look ends a context that no timer and no other goroutine can end.
func (s *boardCtxState) look(parent context.Context) {
	if err := parent.Err(); err != nil {
		s.end(err)
	} else if !s.deadline.IsZero() && !time.Now().Before(s.deadline) {
		s.end(context.DeadlineExceeded)
	}
}

// A boardTrace is a context whose dials and lookups are traced.
type boardTrace struct {
	context.Context
	trace any
}

func ctxWithTrace(parent context.Context, _ nettrace.TraceKey, trace any) context.Context {
	return &boardTrace{parent, trace}
}

func (c *boardTrace) Value(key any) any {
	if _, ok := key.(nettrace.TraceKey); ok {
		return c.trace
	}
	return c.Context.Value(key)
}

// afterFunc is context.AfterFunc in a program that has it anyway: net/http hands it
// over.
var afterFunc func(context.Context, func()) (stop func() bool)

//go:linkname useAfterFunc
func useAfterFunc(f func(context.Context, func()) (stop func() bool)) { afterFunc = f }

// ctxAfterFunc is context.AfterFunc. For a context that is not of this package
// it takes a goroutine, if need be.
func ctxAfterFunc(ctx context.Context, f func()) (stop func() bool) {
	c, ok := ctx.(*boardCtx)
	if !ok && afterFunc != nil {
		return afterFunc(ctx, f)
	}
	if !ok && alone {
		return func() bool { return true }
	}
	if !ok {
		stopped := make(chan struct{})
		var decided atomic.Bool // f runs, or never will; f itself may call stop
		go func() {
			select {
			case <-ctx.Done():
				if decided.CompareAndSwap(false, true) {
					f()
				}
			case <-stopped:
			}
		}()
		return func() bool {
			first := decided.CompareAndSwap(false, true)
			if first {
				close(stopped)
			}
			return first
		}
	}
	return c.get().afterEnd(&boardFunc{f})
}

// afterEnd has one run when the context has ended.
func (s *boardCtxState) afterEnd(one *boardFunc) (stop func() bool) {
	s.mu.Lock()
	ended := s.err != nil
	if !ended {
		s.funcs = append(s.funcs, one)
	}
	s.mu.Unlock()
	if ended {
		start(one.f)
	}
	return func() (found bool) {
		s.mu.Lock()
		for i, other := range s.funcs {
			if other == one {
				s.funcs = append(s.funcs[:i], s.funcs[i+1:]...)
				found = true
				break
			}
		}
		s.mu.Unlock()
		return found
	}
}

// A boardTimer is what this package needs of a time.Timer. It is less than the one of
// net/http: Reset comes only after a Stop that said that the timer ran, so nothing
// stale is ever in C. See docs/RATIONALE.md, "Two kinds of timers".
type boardTimer struct {
	C     chan time.Time
	timer *time.Timer
}

func newTimer(d time.Duration) *boardTimer {
	t := &boardTimer{C: make(chan time.Time, 1)}
	if alone {
		return t // nobody waits for it
	}
	t.timer = time.AfterFunc(d, func() {
		select {
		case t.C <- time.Now():
		default:
		}
	})
	return t
}

func (t *boardTimer) Stop() bool                 { return t.timer.Stop() }
func (t *boardTimer) Reset(d time.Duration) bool { return t.timer.Reset(d) }

// boardSetting stands for a setting in GODEBUG, which a board does not have.
type boardSetting struct{}

func newGodebug(name string) boardSetting { return boardSetting{} }

func (boardSetting) Value() string  { return "" }
func (boardSetting) IncNonDefault() {}

// errorIs is errors.Is for the targets of sameError.
func errorIs(err, target error) bool {
	for err != nil {
		if sameError(err, target) {
			return true
		}
		if e, ok := err.(interface{ Is(error) bool }); ok && e.Is(target) {
			return true
		}
		e, ok := err.(interface{ Unwrap() error })
		if !ok {
			return false
		}
		err = e.Unwrap()
	}
	return false
}

// boardLookups has a lookup under way answer all who ask the same, as package
// singleflight does, which keeps them in a map.
type boardLookups struct {
	mu    sync.Mutex
	calls []*boardLookup
}

type (
	lookupGroup  = boardLookups
	lookupResult = boardAnswer
)

type boardLookup struct {
	key   string
	chans []chan<- boardAnswer
}

type boardAnswer struct {
	Val    any
	Err    error
	Shared bool
}

// DoChan runs f, unless a lookup of the key is under way, and gives what comes of it.
func (g *boardLookups) DoChan(key string, f func() (any, error)) <-chan boardAnswer {
	ch := make(chan boardAnswer, 1)
	g.mu.Lock()
	if i := g.find(key); i >= 0 {
		g.calls[i].chans = append(g.calls[i].chans, ch)
		g.mu.Unlock()
		return ch
	}
	c := &boardLookup{key, []chan<- boardAnswer{ch}}
	g.calls = append(g.calls, c)
	g.mu.Unlock()
	start(func() {
		val, err := f()
		g.mu.Lock()
		if i := g.find(key); i >= 0 && g.calls[i] == c {
			g.forget(i)
		}
		chans := c.chans
		g.mu.Unlock()
		for _, ch := range chans {
			ch <- boardAnswer{val, err, len(chans) > 1}
		}
	})
	return ch
}

// ForgetUnshared has the next who asks begin anew, unless others wait for the lookup
// under way, and reports that.
func (g *boardLookups) ForgetUnshared(key string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := g.find(key)
	if i >= 0 && len(g.calls[i].chans) > 1 {
		return false
	}
	if i >= 0 {
		g.forget(i)
	}
	return true
}

// find and forget are called with mu held.

func (g *boardLookups) find(key string) int {
	for i, c := range g.calls {
		if c.key == key {
			return i
		}
	}
	return -1
}

func (g *boardLookups) forget(i int) { g.calls = append(g.calls[:i], g.calls[i+1:]...) }

// A board has no /etc/services and /etc/protocols: it knows the names that are
// built in.
func loadServices()  {}
func loadProtocols() {}

func udpErrorAddr(a netip.AddrPort) Addr { return UDPAddrFromAddrPort(a) }
