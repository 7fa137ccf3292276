package board

import "errors"

// What the other end of a cable answers. Plan 9 knows its errors by their texts.
var (
	errRefused = errors.New("connection refused")
	errNoRoute = errors.New("no route")
)
