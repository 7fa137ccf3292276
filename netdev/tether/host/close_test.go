package host

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
)

// A slowLine is silent, and takes until release is closed to close.
type slowLine struct {
	release chan struct{}
	closed  *sync.WaitGroup
}

func (l slowLine) Read([]byte) (int, error) {
	<-l.release
	return 0, io.EOF
}

func (l slowLine) Write(p []byte) (int, error) { return len(p), nil }

func (l slowLine) Close() error {
	defer l.closed.Done()
	<-l.release
	return nil
}

// TestSlowClose: Serve does not wait for a line that takes long to close, such as that
// of an emulator which has much to tell at its end, and the line's end does no harm.
func TestSlowClose(t *testing.T) {
	t.Parallel()
	const lines = 20
	release := make(chan struct{})
	var served, closed sync.WaitGroup
	for range lines {
		served.Add(1)
		closed.Add(1)
		go func() {
			defer served.Done()
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			h := New(Config{})
			defer h.Close()
			if err := h.Serve(ctx, slowLine{release, &closed}); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want %v", err, context.Canceled)
			}
		}()
	}
	served.Wait()
	close(release)
	closed.Wait()
}
