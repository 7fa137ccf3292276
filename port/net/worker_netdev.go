//go:build tinynetport && !port.alone

package net

// The goroutines that stay in a driver's calls, so that their callers can leave.

import (
	"runtime"
	"sync"
	"time"
)

// A crew is the workers of one driver: as many as calls are blocked at once, and
// patientIdle more. Its lock is its own, and is taken last: who gives it a job
// holds the lock of a lane.
type crew struct {
	jobs chan job // to idle workers

	mu    sync.Mutex
	idle  int       // workers that wait for a job
	spare *quickJob // one that has ended
}

// A job is what a worker does: the call that a lane has, a quick one, or all that opens
// a socket. One that is none of these ends the worker.
type job struct {
	lane  *lane
	quick *quickJob
	open  *attempt
}

func (j job) do() {
	switch {
	case j.lane != nil:
		j.lane.do()
	case j.quick != nil:
		j.quick.done <- j.quick.make()
	case j.open != nil:
		j.open.run()
	}
}

func (j job) ends() bool { return j.lane == nil && j.quick == nil && j.open == nil }

// work has a worker do j.
func (c *crew) work(j job) {
	c.mu.Lock()
	idle := c.idle > 0
	if idle {
		c.idle--
	}
	c.mu.Unlock()
	if !idle {
		go c.worker()
	}
	c.jobs <- j
}

// worker is not given its first job as an argument: TinyGo keeps a goroutine's arguments
// on its stack until it ends.
func (c *crew) worker() {
	for c.next() {
	}
}

// next does a job, and reports whether the worker is to stay. Each call of a driver is one,
// so the stack, on which it leaves little, is not wiped.
func (c *crew) next() (stay bool) {
	j := <-c.jobs
	if j.ends() {
		return false
	}
	j.do()
	c.mu.Lock()
	stay = c.idle < patientIdle
	if stay {
		c.idle++
	}
	c.mu.Unlock()
	return stay
}

// keep ends all but n of the workers that have nothing to do.
func (c *crew) keep(n int) {
	for {
		c.mu.Lock()
		surplus := c.idle > n
		if surplus {
			c.idle--
		}
		c.mu.Unlock()
		if !surplus {
			return
		}
		c.jobs <- job{}
	}
}

// A quickCall is a call that should not block: one that closes a socket, most often.
type quickCall struct {
	call func() error // if not nil, this
	late bool         // the socket is of a connection that nobody has taken
	p    *patient
	num  int
}

func (q *quickCall) make() error {
	switch {
	case q.call != nil:
		return q.call()
	case q.late:
		return q.p.driver.Close(q.num)
	}
	return q.p.closeNow(q.num)
}

type quickJob struct {
	quickCall
	done chan error
}

// newQuick takes a job that has ended, or makes one.
func (c *crew) newQuick(call quickCall) *quickJob {
	c.mu.Lock()
	q := c.spare
	c.spare = nil
	c.mu.Unlock()
	if q == nil {
		q = &quickJob{done: make(chan error, 1)}
	}
	q.quickCall = call
	return q
}

// freeQuick keeps a job whose result was taken.
func (c *crew) freeQuick(q *quickJob) {
	q.quickCall = quickCall{}
	c.mu.Lock()
	c.spare = q
	c.mu.Unlock()
}

// quick makes a call that should be quick, and waits for it for some time only.
func (c *crew) quick(limit time.Duration, call quickCall) (err error, done bool) {
	q := c.newQuick(call)
	c.work(job{quick: q})
	runtime.Gosched() // most calls have returned then, and need no timer
	select {
	case err = <-q.done:
		c.freeQuick(q)
		return err, true
	default:
	}
	t := newTimer(limit)
	select {
	case err = <-q.done:
		done = true
	case <-t.C:
	}
	t.Stop()
	if done {
		c.freeQuick(q)
	}
	return err, done
}

var errBusy error = &busyError{}

type busyError struct{}

func (*busyError) Error() string   { return "the network device's driver is blocked by another call" }
func (*busyError) Timeout() bool   { return true }
func (*busyError) Temporary() bool { return true }
