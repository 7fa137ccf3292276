package tether

import (
	"context"
	"runtime"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// TestLookupAcrossSessions: a lookup that waits for room on the line, and then for the
// next session, goes on in that.
func TestLookupAcrossSessions(t *testing.T) {
	l, j := lie(t, Config{}, wire.Hello{Version: wire.Version})
	defer j.close()
	d := l.dev
	l.exchange(j, "a session", func() bool {
		d.pump.Lock()
		defer d.pump.Unlock()
		return d.ready
	})

	// The liar takes nothing any more.
	full := make([]byte, 64<<10)
	d.pump.Lock()
	for d.pump.Line.Queued() < d.most()+len(full) {
		d.pump.Line.Write(full)
	}
	d.pump.Unlock()
	ended := make(chan error, 1)
	go func() {
		_, err := d.LookupNetIP(context.Background(), "ip", "example.com")
		ended <- err
	}()
	waits := func(where string) {
		t.Helper()
		buf := make([]byte, 1<<20)
		for {
			for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
				if strings.Contains(g, "(*Device).LookupNetIP") && strings.Contains(g, "tether.(*Device)."+where+"(") && strings.Contains(g, "sync.(*Cond).Wait") {
					return
				}
			}
			runtime.Gosched()
		}
	}
	waits("starve")
	d.pump.Lock()
	d.lost(errReset)
	d.pump.Unlock()
	waits("await")
	d.pump.Lock()
	var split wire.Splitter
	split.Feed(new(wire.Builder).Begin(wire.OpHello).Hello(wire.Hello{Version: wire.Version}).Message(), d.message)
	d.pump.Unlock()
	waits("starve") // for room: the line is full still
	j.close()
	if err := <-ended; err == nil {
		t.Error("the lookup has an answer that nobody gave")
	}
}
