//go:build tinynetport && tinygo && linux

package net

import (
	"sync"
	"syscall"
	"testing"
)

// What hostfd_tinygo.go has from the rest of the package.
const (
	ndReads  = 1
	ndWrites = 2
)

type netClosingError struct{}

func (netClosingError) Error() string { return "closed" }

// socketPair gives a hostFD and its peer.
func socketPair(t *testing.T) (fd *hostFD, peer int) {
	t.Helper()
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(pair[1]) })
	return &hostFD{Sysfd: pair[0], IsStream: true, ZeroReadIsEOF: true}, pair[1]
}

// TestHostFDKeepsNumber closes a descriptor while calls use it. Its number must not
// be another's before they are done.
func TestHostFDKeepsNumber(t *testing.T) {
	calls := map[string]func(fd *hostFD, f func(uintptr)) error{
		"control": func(fd *hostFD, f func(uintptr)) error { return fd.RawControl(f) },
		"read": func(fd *hostFD, f func(uintptr)) error {
			return fd.RawRead(func(n uintptr) bool { f(n); return true })
		},
		"write": func(fd *hostFD, f func(uintptr)) error {
			return fd.RawWrite(func(n uintptr) bool { f(n); return true })
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			fd, _ := socketPair(t)
			err := call(fd, func(n uintptr) {
				if err := fd.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
				other, err := syscall.Open("/dev/null", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
				if err != nil {
					t.Fatal(err)
				}
				if other == int(n) {
					t.Errorf("the number %d is another file's while a call uses it", n)
				}
				syscall.Close(other)
			})
			if err != nil {
				t.Errorf("the call: %v, want no error", err)
			}
			if err := fd.Close(); err != errHostFDClosing {
				t.Errorf("a second Close: %v, want %v", err, errHostFDClosing)
			}
			if _, err := syscall.Getsockname(fd.Sysfd); err != syscall.EBADF {
				t.Errorf("after the last call the descriptor is still open: %v, want %v", err, syscall.EBADF)
			}
		})
	}
}

// TestHostFDClosedCalls has every call find out that the descriptor is closed.
func TestHostFDClosedCalls(t *testing.T) {
	fd, _ := socketPair(t)
	fd.Close()
	calls := map[string]func() error{
		"Read":             func() error { _, err := fd.Read(make([]byte, 1)); return err },
		"Write":            func() error { _, err := fd.Write(make([]byte, 1)); return err },
		"Accept":           func() error { _, _, _, err := fd.Accept(); return err },
		"ReadFrom":         func() error { _, _, err := fd.ReadFrom(make([]byte, 1)); return err },
		"WaitWrite":        func() error { return fd.WaitWrite() },
		"Shutdown":         func() error { return fd.Shutdown(syscall.SHUT_WR) },
		"SetsockoptInt":    func() error { return fd.SetsockoptInt(syscall.SOL_SOCKET, syscall.SO_RCVBUF, 1<<16) },
		"SetsockoptLinger": func() error { return fd.SetsockoptLinger(syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{}) },
		"Dup":              func() error { _, _, err := fd.Dup(); return err },
		"RawControl":       func() error { return fd.RawControl(func(uintptr) { t.Error("Control calls its function") }) },
	}
	for name, call := range calls {
		if err := call(); err != errHostFDClosing {
			t.Errorf("%s: %v, want %v", name, err, errHostFDClosing)
		}
	}
}

// TestHostFDCloseBeside closes descriptors beside calls, for the race detector.
func TestHostFDCloseBeside(t *testing.T) {
	for range 200 {
		fd, peer := socketPair(t)
		var all sync.WaitGroup
		for _, call := range []func(){
			func() { fd.Read(make([]byte, 1)) },
			func() { fd.Write(make([]byte, 1)) },
			func() { fd.SetsockoptInt(syscall.SOL_SOCKET, syscall.SO_RCVBUF, 1<<16) },
			func() { fd.Close() },
		} {
			all.Add(1)
			go func() {
				defer all.Done()
				call()
			}()
		}
		all.Wait()
		if n, _ := syscall.Read(peer, make([]byte, 2)); n < 0 {
			t.Fatal("the peer still waits: the descriptor is open")
		}
	}
}
