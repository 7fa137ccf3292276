//go:build tinynetport

package net

// What an error of a device means: the one place where net decides that.

import (
	"os"
	"syscall"
)

// A fault is the meaning of a device's error.
type fault uint8

const (
	faultOther    fault = iota
	faultDeadline       // the call's deadline has passed, or it was interrupted
	faultTimeout        // the peer does not answer
	faultNoSocket       // all sockets of the device are in use
	faultNoHost         // there is no such name
	faultRefused        // nobody listens there
	faultReset          // the peer has broken the connection
	faultInUse          // somebody else has the port
	faultNotConnected
	faultClosed // the device takes the socket for closed
)

// errno is the number by which programs know a fault, 0 if there is none.
func (f fault) errno() syscall.Errno {
	switch f {
	case faultTimeout:
		return syscall.ETIMEDOUT
	case faultNoSocket:
		return syscall.EMFILE
	case faultRefused:
		return syscall.ECONNREFUSED
	case faultReset:
		return syscall.ECONNRESET
	case faultInUse:
		return syscall.EADDRINUSE
	case faultNotConnected:
		return syscall.ENOTCONN
	}
	return 0
}

// faultOf tells what a device's error means.
func faultOf(err error) fault {
	f, _ := classify(err)
	return f
}

// classify tells what a device's error means, and whether only its words say so.
// What the error is comes first, then what it can do, and its words last.
// See docs/RATIONALE.md, "A driver's words".
func classify(err error) (f fault, words bool) {
	switch {
	case err == nil:
		return faultOther, false
	case errorIs(err, os.ErrDeadlineExceeded):
		return faultDeadline, false
	case errorIs(err, ErrClosed), errorIs(err, os.ErrClosed):
		return faultClosed, false
	}
	for f := faultOther; f <= faultClosed; f++ {
		if no := f.errno(); no != 0 && errorIs(err, no) {
			return f, false
		}
	}
	if errorIs(err, syscall.ECONNABORTED) {
		return faultReset, false
	}
	if e, ok := err.(interface{ Timeout() bool }); ok && e.Timeout() {
		return faultDeadline, false
	}
	if e, ok := err.(interface{ NotFound() bool }); ok && e.NotFound() {
		return faultNoHost, false
	}
	text := err.Error()
	for _, w := range faultWords {
		if containsFold(text, w.words) {
			return w.fault, true
		}
	}
	return faultOther, false
}

// faultWords is what drivers say whose errors have nothing but words. The words
// are in lower case. An entry says whose they are; package netdev tells drivers
// how to do without.
var faultWords = [...]struct {
	words string
	fault fault
}{
	{"host unknown", faultNoHost},                        // drivers/netdev: ErrHostUnknown (wifinina, rtl8720dn)
	{"invalid domain lookup", faultNoHost},               // drivers/espat, tcp.go: GetDNS
	{"no address in dns answer", faultNoHost},            // lneto/x/xnet, stack-async.go
	{"no more sockets", faultNoSocket},                   // drivers/netdev: ErrNoMoreSockets (all drivers there)
	{"resource exhausted", faultNoSocket},                // lneto, errors.go: ErrExhausted (a pool of connections, at Connect)
	{"i/o timeout", faultDeadline},                       // drivers/netdev: ErrTimeout, wrapped by words
	{"deadline exceeded", faultDeadline},                 // lneto/x/xnet, stack-blocking.go
	{"timed out", faultTimeout},                          // drivers/espat: Connect; drivers/comboat: Send
	{"retries exceeded", faultTimeout},                   // lneto/x/xnet, stack-retrying.go
	{"connection refused", faultRefused},                 // syscall's words, wrapped by words
	{"tcp failed to connect", faultRefused},              // lneto/x/xnet, stack-blocking.go: an answer came, and no connection
	{"connection reset", faultReset},                     // syscall's words, wrapped by words
	{"address already in use", faultInUse},               // syscall's words, wrapped by words
	{"protocol already registered", faultInUse},          // lneto, errors.go: ErrAlreadyRegistered (a port, at Listen)
	{"use of closed network connection", faultClosed},    // Go's words, wrapped by words
	{"socket is not in a valid state", faultClosed},      // drivers/w5500, netdev.go: Send after the peer has gone
	{"no remote address established", faultNotConnected}, // lneto/tcp, conn.go
}

// containsFold reports whether text contains words, which are in lower case,
// whatever the case of its letters.
func containsFold(text, words string) bool {
	for i := 0; i+len(words) <= len(text); i++ {
		j := 0
		for j < len(words) && (text[i+j] == words[j] || text[i+j] == words[j]-'a'+'A' && 'a' <= words[j] && words[j] <= 'z') {
			j++
		}
		if j == len(words) {
			return true
		}
	}
	return false
}

// known gives a device's error the methods and numbers by which programs know
// such errors, if it has only words for it.
func known(err error) error {
	if f, words := classify(err); words {
		return &knownError{err, f}
	}
	return err
}

// A knownError is a device's error together with what it means.
type knownError struct {
	err   error
	fault fault
}

func (e *knownError) Error() string { return e.err.Error() }
func (e *knownError) Unwrap() error { return e.err }
func (e *knownError) Timeout() bool { return e.fault == faultDeadline || e.fault == faultTimeout }

// Temporary is true also where the device has no socket left, as it is of
// EMFILE: net/http's server then goes on.
func (e *knownError) Temporary() bool { return e.Timeout() || e.fault == faultNoSocket }

func (e *knownError) Is(target error) bool {
	if e.fault == faultDeadline {
		return sameError(target, os.ErrDeadlineExceeded)
	}
	no := e.fault.errno()
	return no != 0 && sameError(target, no)
}

// driverTimeout reports whether a driver says that a deadline has passed, and not
// that the peer is gone.
func driverTimeout(err error) bool { return faultOf(err) == faultDeadline }

// outOfSockets reports whether a driver has no socket left.
func outOfSockets(err error) bool { return faultOf(err) == faultNoSocket }

// isConnError reports whether the peer gave a connection up before Accept had
// it: the listener is as good as before.
func isConnError(err error) bool { return faultOf(err) == faultReset }
