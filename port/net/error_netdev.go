//go:build tinynetport

package net

import "syscall"

// isConnError reports whether the peer gave a connection up before Accept had
// it: the listener is as good as before.
func isConnError(err error) bool {
	return err == syscall.ECONNRESET || err == syscall.ECONNABORTED
}

// netClosingError has the text of internal/poll's error, which does not exist
// on a board.
type netClosingError struct{}

func (netClosingError) Error() string   { return "use of closed network connection" }
func (netClosingError) Timeout() bool   { return false }
func (netClosingError) Temporary() bool { return false }
