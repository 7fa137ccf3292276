//go:build tinynetport

package net

// Opening a socket, so that the end of a context ends it.

import (
	"context"
	"internal/nettrace"
	"net/netip"
	"sync"
)

// dialAddrs dials the addresses of a name: those of one family at the same time as the
// other's, where there are two and goroutines for them.
func (sd *sysDialer) dialAddrs(ctx context.Context, primaries, fallbacks addrList) (Conn, error) {
	primaries, fallbacks = inTurn(primaries, fallbacks)
	if alone || len(fallbacks) == 0 {
		return sd.dialSerial(ctx, primaries)
	}
	return sd.dialParallel(ctx, primaries, fallbacks)
}

// connectDone tells who traces a dial how a connection to one address has ended.
func connectDone(ctx context.Context, network string, ra Addr, err error) {
	if trace, _ := ctx.Value(nettrace.TraceKey{}).(*nettrace.Trace); trace != nil && trace.ConnectDone != nil {
		trace.ConnectDone(network, ra.String(), err)
	}
}

// An attempt opens a socket of a driver without deadlines: in a worker, so that who
// waits for it leaves when the context ends. It is one piece of the heap, where closures
// would be several.
type attempt struct {
	ctx context.Context
	dev *device

	// what openIP is given; of a TLS socket, only raddr.port is used, and host
	network      string
	laddr, raddr endpoint
	sotype       int
	proto        int
	listen       listening
	control      controlFunc
	host         string
	tls          func(a *attempt) (*netFD, error) // openTLS, named by who dials TLS

	hook func() // what testHookCanceledDial was at the beginning
	done chan struct{}

	mu         sync.Mutex
	ended      bool // the worker has fd, or err
	left       bool // the context has ended before that
	connecting *netFD
	gaveUp     chan struct{} // closed when connecting is no longer used, if left
	fd         *netFD
	err        error
}

func (a *attempt) once() (*netFD, error) {
	if a.tls != nil {
		return a.tls(a)
	}
	return a.dev.openIP(a.ctx, a, a.network, a.laddr, a.raddr, a.sotype, a.proto, a.listen, a.control)
}

// open opens the socket. It does so once more where the driver has found only at
// Connect that it has no room for it.
func (a *attempt) open() (*netFD, error) {
	fd, err := a.once()
	if a.listen == nil && err != nil && outOfSockets(err) && a.dev.patient.awaitRoom(err) {
		fd, err = a.once()
	}
	return fd, err
}

// A quitter ends a connecting call with its context.
type quitter struct {
	fd   *netFD
	hook func()
	done chan struct{}
}

func (q *quitter) quit() {
	defer close(q.done)
	q.fd.giveUp()
	q.hook()
}

// quitWith has ctx end fd's connecting call, unless it has ended already.
func (fd *netFD) quitWith(ctx context.Context) (q *quitter, stop func() bool, err error) {
	if ctxEnded(ctx) {
		return nil, nil, mapErr(ctx.Err())
	}
	q = &quitter{fd, testHookCanceledDial, make(chan struct{})}
	return q, ctxAfterFunc(ctx, q.quit), nil
}

// after is called with the error of the connecting call.
func (q *quitter) after(ctx context.Context, stop func() bool, err error) error {
	if !stop() {
		<-q.done // after Close, the number may be another socket's
		// The connection may be there, but its deadline is spoilt, or will be.
		return mapErr(ctx.Err())
	}
	return err
}

// connect runs a connecting call of the device, and ends it with ctx.
func (fd *netFD) connect(ctx context.Context, call func() error) error {
	if !ctxWaits(ctx) {
		return call()
	}
	q, stop, err := fd.quitWith(ctx)
	if err != nil {
		return err
	}
	return q.after(ctx, stop, call())
}

// connectIP is connect for the device's Connect. With an attempt, that is what ctx ends.
func (fd *netFD) connectIP(ctx context.Context, a *attempt, host string, to netip.AddrPort) error {
	if a != nil && a.done != nil {
		return a.connect(fd, host, to)
	}
	if !ctxWaits(ctx) {
		return fd.dev.get().Connect(fd.sysfd, host, to)
	}
	q, stop, err := fd.quitWith(ctx)
	if err != nil {
		return err
	}
	return q.after(ctx, stop, fd.dev.get().Connect(fd.sysfd, host, to))
}
