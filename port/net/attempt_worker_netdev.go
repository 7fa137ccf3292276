//go:build tinynetport && !port.alone

package net

// An attempt in a worker, and how its context's end ends it.

import "net/netip"

// run is open for a worker.
func (a *attempt) run() {
	fd, err := a.open()
	a.mu.Lock()
	a.ended = true
	a.fd, a.err = fd, err
	left := a.left
	a.mu.Unlock()
	if !left {
		a.done <- struct{}{}
	} else if err == nil {
		fd.Close() // nobody waits
	}
}

// leave is called when the context has ended.
func (a *attempt) leave() {
	a.mu.Lock()
	if a.ended {
		a.mu.Unlock()
		return
	}
	a.left = true
	fd := a.connecting
	if fd != nil {
		a.gaveUp = make(chan struct{})
	}
	a.mu.Unlock()
	a.done <- struct{}{}
	if fd != nil {
		fd.giveUp()
		a.hook()
		close(a.gaveUp)
	}
}

// connect is the driver's Connect, which leave ends.
func (a *attempt) connect(fd *netFD, host string, to netip.AddrPort) error {
	p := a.dev.patient
	a.mu.Lock()
	if a.left {
		a.mu.Unlock()
		return mapErr(a.ctx.Err())
	}
	// From here on leave closes the socket, and finds a call inside: else it would be
	// closed in the driver at once, and the call would be for whose it is then.
	a.connecting = fd
	l := p.connecting(fd.sysfd)
	a.mu.Unlock()
	err := p.connect(l, host, to)
	a.mu.Lock()
	a.connecting = nil
	gaveUp := a.gaveUp
	a.mu.Unlock()
	if gaveUp != nil {
		<-gaveUp // after Close, the number may be another socket's
		return mapErr(a.ctx.Err())
	}
	return err
}
