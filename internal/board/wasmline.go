package board

import (
	"io"
	"os"
	"sync"

	"github.com/tetratelabs/wazero/experimental/sys"
)

// A wasmInput is the standard input of a module: the serial line's bytes for it.
// A module has one thread, so a read must not wait while other goroutines have work.
type wasmInput interface {
	io.WriteCloser
	stdin() io.Reader // for wazero
	release()         // once the module has ended
}

// newWASMInput makes one of a pipe, which the runtime of Go in the module polls, or, as
// wazero does not poll pipes of Windows, of a queue.
func newWASMInput(queued bool) (wasmInput, error) {
	if queued {
		return newInputQueue(), nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	return &inputPipe{w, r}, nil
}

type inputPipe struct {
	*os.File
	theirs *os.File
}

func (p *inputPipe) stdin() io.Reader { return p.theirs }
func (p *inputPipe) release()         { p.theirs.Close() }

// An inputQueue never has its reader wait: where it has nothing it says EAGAIN, and
// the module looks again after a while. Writers wait for room.
type inputQueue struct {
	mu     sync.Mutex
	room   sync.Cond // at mu
	buf    []byte
	closed bool
}

const mostQueued = 64 << 10

func newInputQueue() *inputQueue {
	q := new(inputQueue)
	q.room.L = &q.mu
	return q
}

func (q *inputQueue) Write(p []byte) (n int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for n < len(p) {
		for len(q.buf) == mostQueued && !q.closed {
			q.room.Wait()
		}
		if q.closed {
			return n, io.ErrClosedPipe
		}
		more := min(len(p)-n, mostQueued-len(q.buf))
		q.buf = append(q.buf, p[n:n+more]...)
		n += more
	}
	return n, nil
}

// Close has the module read the end of its input after what was written.
func (q *inputQueue) Close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.room.Broadcast()
	return nil
}

func (q *inputQueue) stdin() io.Reader { return inputReader{q} }
func (q *inputQueue) release()         { q.Close() }

type inputReader struct{ q *inputQueue }

func (r inputReader) Read(p []byte) (int, error) {
	r.q.mu.Lock()
	defer r.q.mu.Unlock()
	if len(r.q.buf) == 0 {
		if r.q.closed {
			return 0, nil // for wazero this is the end
		}
		return 0, sys.EAGAIN
	}
	n := copy(p, r.q.buf)
	r.q.buf = append(r.q.buf[:0], r.q.buf[n:]...)
	r.q.room.Broadcast()
	return n, nil
}
