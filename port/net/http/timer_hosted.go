//go:build tinynetport && !port.board

package http

import "time"

func newTimer(d time.Duration) *time.Timer { return time.NewTimer(d) }

func cookieTime(layout, text string) (time.Time, error) { return time.Parse(layout, text) }
