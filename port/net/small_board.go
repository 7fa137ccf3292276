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

// Most contexts end before anybody waits for that: a dial's, when there is a connection.
// So one joins its parent, and has a timer, only when somebody waits; until then who
// asks it looks at the parent and at the clock.
type boardCtxState struct {
	context  boardCtx
	deadline time.Time

	mu     sync.Mutex
	err    error
	joined bool          // somebody waits
	done   chan struct{} // where somebody has asked for it
	funcs  *boardFunc    // to run at the end
	first  boardFunc     // room for one of them
	timer  *time.Timer
	leave  func() bool // takes leave of the parent
}

type boardFunc struct {
	s    *boardCtxState
	f    func()
	next *boardFunc
}

func newBoardCtx(parent context.Context, deadline time.Time) (context.Context, context.CancelFunc) {
	s := &boardCtxState{deadline: deadline}
	s.context = boardCtx{parent, hide(s)}
	return &s.context, s.cancel
}

// ctxWithCancel is what net/http's client dials with, too.
//
//go:linkname ctxWithCancel
func ctxWithCancel(parent context.Context) (context.Context, context.CancelFunc) {
	deadline, _ := parent.Deadline()
	return newBoardCtx(parent, deadline)
}

func ctxWithDeadline(parent context.Context, t time.Time) (context.Context, context.CancelFunc) {
	if have, ok := parent.Deadline(); ok && have.Before(t) {
		return ctxWithCancel(parent)
	}
	return newBoardCtx(parent, t)
}

func (s *boardCtxState) cancel() {
	if !s.look() { // else something else was first
		s.end(context.Canceled)
	}
}

// AfterFunc is for package context, which starts a goroutine to wait for a parent that
// it does not know and that has no such method.
func (c *boardCtx) AfterFunc(f func()) (stop func() bool) { return c.get().afterEnd(f) }

func (s *boardCtxState) expire() { s.end(context.DeadlineExceeded) }

func (s *boardCtxState) parentEnded() { s.end(s.context.Context.Err()) }

// join has the end of the parent, and the deadline, end the context.
func (s *boardCtxState) join() {
	s.mu.Lock()
	first := !s.joined && s.err == nil && !alone
	s.joined = true
	s.mu.Unlock()
	if !first {
		return
	}
	parent := s.context.Context
	if err := parent.Err(); err != nil {
		s.end(err)
		return
	}
	var leave func() bool
	if ctxWaits(parent) {
		leave = ctxAfterFunc(parent, s.parentEnded)
	}
	wait := time.Duration(0)
	// The parent's own deadline comes by way of the parent.
	if have, ok := parent.Deadline(); !s.deadline.IsZero() && !(ok && leave != nil && have.Equal(s.deadline)) {
		if wait = time.Until(s.deadline); wait <= 0 {
			s.expire()
		}
	}
	s.mu.Lock()
	ended := s.err != nil
	if !ended {
		s.leave = leave
		if wait > 0 {
			s.timer = time.AfterFunc(wait, s.expire)
		}
	}
	s.mu.Unlock()
	if ended && leave != nil {
		leave()
	}
}

func (s *boardCtxState) end(err error) {
	s.mu.Lock()
	if s.err != nil {
		s.mu.Unlock()
		return
	}
	s.err = err
	funcs, leave := s.funcs, s.leave
	s.funcs = nil // what follows the first stays, and nobody changes it any more
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.done != nil {
		close(s.done)
	}
	s.mu.Unlock()
	if leave != nil {
		leave()
	}
	for ; funcs != nil; funcs = funcs.next {
		start(funcs.f)
	}
}

func (c *boardCtx) Done() <-chan struct{} {
	s := c.get()
	s.mu.Lock()
	done := s.done
	if done == nil {
		done = make(chan struct{})
		s.done = done
		if s.err != nil {
			close(done)
		}
	}
	s.mu.Unlock()
	s.join()
	return done
}

func (c *boardCtx) Deadline() (time.Time, bool) {
	t := c.get().deadline
	return t, !t.IsZero()
}

func (c *boardCtx) Err() error {
	s := c.get()
	s.look()
	s.mu.Lock()
	err := s.err
	s.mu.Unlock()
	return err
}

// look ends a context that is to have ended, and reports whether it has.
func (s *boardCtxState) look() (ended bool) {
	s.mu.Lock()
	ended = s.err != nil
	s.mu.Unlock()
	if ended {
		return true
	}
	if err := s.context.Context.Err(); err != nil {
		s.end(err)
		return true
	}
	if !s.deadline.IsZero() && !time.Now().Before(s.deadline) {
		s.expire()
		return true
	}
	return false
}

// ctxWaits reports whether ctx may end.
func ctxWaits(ctx context.Context) bool {
	if _, ok := ctx.(*boardCtx); ok {
		return true
	}
	return ctx.Done() != nil
}

// lastAddress reports whether a dial has no address after this one, for which part of
// its time would have to be kept, and there is time left for it. A context of package
// context does not know the latter before its timer runs, on a board when nothing else does.
func lastAddress(deadline time.Time, left int) bool {
	return left == 1 && time.Now().Before(deadline)
}

// ctxEnded reports whether ctx has ended. To ask its channel would have it wait.
func ctxEnded(ctx context.Context) bool { return ctx.Err() != nil }

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
	return c.get().afterEnd(f)
}

// afterEnd has f run when the context has ended.
func (s *boardCtxState) afterEnd(f func()) (stop func() bool) {
	s.mu.Lock()
	one := &s.first
	if one.s != nil {
		one = new(boardFunc)
	}
	one.s, one.f = s, f
	ended := s.err != nil
	if !ended {
		one.next, s.funcs = s.funcs, one
	}
	s.mu.Unlock()
	if ended {
		start(f)
	} else {
		s.join()
	}
	return one.stop
}

// stop reports whether f will not run.
func (one *boardFunc) stop() (found bool) {
	s := one.s
	s.mu.Lock()
	for at := &s.funcs; *at != nil; at = &(*at).next {
		if *at == one {
			*at = one.next
			one.f = nil
			found = true
			break
		}
	}
	s.mu.Unlock()
	return found
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
