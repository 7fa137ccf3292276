//go:build tinynetport && !port.board

package internal

import (
	"fmt"
	"io"
	"log"
)

// What net/http says is put into words by package fmt, on a computer.

func Sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }
func Errorf(format string, args ...any) error   { return fmt.Errorf(format, args...) }

func Fprintf(w io.Writer, format string, args ...any) (int, error) {
	return fmt.Fprintf(w, format, args...)
}

func Fprintln(w io.Writer, args ...any) (int, error) { return fmt.Fprintln(w, args...) }

// Text is for boards.
func Text(v any) any { return v }

// These are values, not functions, so that a log names the line of their caller.
var (
	Logf    = log.Printf
	LogfTo  = (*log.Logger).Printf
	LogExit = log.Fatalf
)
