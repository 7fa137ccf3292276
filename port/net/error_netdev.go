//go:build tinynetport

package net

// netClosingError has the text of internal/poll's error, which does not exist
// on a board.
type netClosingError struct{}

func (netClosingError) Error() string   { return "use of closed network connection" }
func (netClosingError) Timeout() bool   { return false }
func (netClosingError) Temporary() bool { return false }
