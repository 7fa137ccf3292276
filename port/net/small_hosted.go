//go:build tinynetport && !port.board

package net

import (
	"context"
	"errors"
	"internal/godebug"
	"internal/nettrace"
	"internal/singleflight"
	"net/netip"
	"time"
)

// What a board has smaller kinds of: see small_board.go and
// parseaddr_board.go.

func ctxWithCancel(parent context.Context) (context.Context, context.CancelFunc) {
	return context.WithCancel(parent)
}

func ctxWithDeadline(parent context.Context, t time.Time) (context.Context, context.CancelFunc) {
	return context.WithDeadline(parent, t)
}

func ctxWithTrace(parent context.Context, key nettrace.TraceKey, trace any) context.Context {
	return context.WithValue(parent, key, trace)
}

func ctxAfterFunc(ctx context.Context, f func()) (stop func() bool) {
	return context.AfterFunc(ctx, f)
}

// ctxWaits reports whether ctx may end.
func ctxWaits(ctx context.Context) bool { return ctx.Done() != nil }

// lastAddress is for boards.
func lastAddress(time.Time, int) bool { return false }

// ctxEnded reports whether ctx has ended.
func ctxEnded(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

func newTimer(d time.Duration) *time.Timer { return time.NewTimer(d) }

func newGodebug(name string) *godebug.Setting { return godebug.New(name) }

func parseAddr(s string) (netip.Addr, error) { return netip.ParseAddr(s) }

func errorIs(err, target error) bool { return errors.Is(err, target) }

func udpErrorAddr(a netip.AddrPort) Addr { return addrPortUDPAddr{a} }

type (
	lookupGroup  = singleflight.Group
	lookupResult = singleflight.Result
)
