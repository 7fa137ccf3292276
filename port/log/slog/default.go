//go:build tinynetport

package slog

import loginternal "log/internal"

// madeDefault returns the default Logger, and makes it at first.
func madeDefault() *Logger {
	l := defaultLogger.Load()
	if l == nil {
		// Another goroutine, or SetDefault, may be first.
		defaultLogger.CompareAndSwap(nil, New(newDefaultHandler(loginternal.DefaultOutput)))
		l = defaultLogger.Load()
	}
	return l
}
