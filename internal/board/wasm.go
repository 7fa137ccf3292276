package board

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
)

// A wasmMachine is a WebAssembly module in a sandbox: it has clocks, random
// numbers, its arguments and its environment, and its standard input and output
// are the serial line. There are no sockets, and no files but those it is given.
type wasmMachine struct {
	out     *os.File  // what it writes
	theirs  *os.File  // the other end of out
	in      wasmInput // what it reads
	off     context.CancelFunc
	runtime wazero.Runtime
	module  wazero.CompiledModule
	conf    wazero.ModuleConfig

	mu    sync.Mutex
	again bool
	kill  context.CancelFunc // ends the present run
	ended chan struct{}
	state int
	err   error
}

// WASM runs a module that the go command made for wasip1/wasm.
func WASM(ctx context.Context, p Program) (Machine, error) {
	return startWASM(ctx, p, runtime.GOOS == "windows")
}

func startWASM(ctx context.Context, p Program, queued bool) (_ Machine, err error) {
	code, err := os.ReadFile(p.File)
	if err != nil {
		return nil, err
	}
	m := &wasmMachine{ended: make(chan struct{})}
	ctx, m.off = context.WithCancel(ctx)
	defer func() {
		if err != nil {
			m.off()
			m.release()
		}
	}()
	conf := wazero.NewRuntimeConfig().WithCloseOnContextDone(true)
	if p.Cache != "" {
		modules := filepath.Join(p.Cache, "wazero")
		trimModules(modules, modulesKept, moduleKept)
		cache, err := wazero.NewCompilationCacheWithDir(modules)
		if err != nil {
			return nil, err
		}
		conf = conf.WithCompilationCache(cache)
	}
	m.runtime = wazero.NewRuntimeWithConfig(ctx, conf)
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, m.runtime); err != nil {
		return nil, err
	}
	if m.module, err = m.runtime.CompileModule(ctx, code); err != nil {
		return nil, fmt.Errorf("compile %s: %w", p.File, err)
	}
	if m.in, err = newWASMInput(queued); err != nil {
		return nil, err
	}
	if m.out, m.theirs, err = os.Pipe(); err != nil {
		return nil, err
	}
	stderr := p.Stderr
	if stderr == nil {
		stderr = io.Discard
	}
	m.conf = wazero.NewModuleConfig().
		WithName("").WithArgs(append([]string{p.Name}, p.Args...)...).
		WithStdin(m.in.stdin()).WithStdout(m.theirs).WithStderr(onlyWriter{stderr}).
		WithRandSource(rand.Reader).WithSysWalltime().WithSysNanotime().WithSysNanosleep()
	if p.Files != "" {
		m.conf = m.conf.WithFSConfig(wazero.NewFSConfig().WithDirMount(p.Files, "/"))
	}
	for _, v := range p.Env {
		for i := range v {
			if v[i] == '=' && i > 0 {
				m.conf = m.conf.WithEnv(v[:i], v[i+1:])
				break
			}
		}
	}
	go m.run(ctx)
	return m, nil
}

func (m *wasmMachine) run(ctx context.Context) {
	defer close(m.ended)
	for {
		m.mu.Lock()
		one, kill := context.WithCancel(ctx)
		m.kill, m.again = kill, false
		m.mu.Unlock()
		_, err := m.runtime.InstantiateModule(one, m.module, m.conf)
		kill()
		m.mu.Lock()
		again := m.again && ctx.Err() == nil
		m.mu.Unlock()
		if again {
			continue
		}
		var exit *sys.ExitError
		switch {
		case ctx.Err() != nil:
			m.err = ctx.Err()
		case errors.As(err, &exit):
			m.state = int(exit.ExitCode())
		default:
			m.err = err
		}
		break
	}
	m.off()
	m.theirs.Close() // ends the line
	m.runtime.Close(context.Background())
}

// release gives up what was opened before there was a run.
func (m *wasmMachine) release() {
	for _, f := range []*os.File{m.out, m.theirs} {
		if f != nil {
			f.Close()
		}
	}
	if m.in != nil {
		m.in.Close()
		m.in.release()
	}
	if m.runtime != nil {
		m.runtime.Close(context.Background())
	}
}

func (m *wasmMachine) Read(p []byte) (int, error)  { return m.out.Read(p) }
func (m *wasmMachine) Write(p []byte) (int, error) { return m.in.Write(p) }

func (m *wasmMachine) Reset() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.again = true
	m.kill()
	// A program that waits for its line finds out when something comes. This is
	// not part of a frame, so nobody minds it.
	_, err := m.in.Write([]byte{0})
	return err
}

// Close switches the board off.
func (m *wasmMachine) Close() error {
	m.off()
	m.in.Close() // a program that waits for its line then ends
	<-m.ended
	m.in.release()
	m.out.Close()
	return nil
}

// An onlyWriter is no file for wazero, which asks a file what it is, and does not run
// where Windows does not say.
type onlyWriter struct{ io.Writer }

func (m *wasmMachine) Wait() (int, error) {
	<-m.ended
	return m.state, m.err
}
