//go:build !baremetal

package tether

import (
	"embed"

	"github.com/tinynet/tinynet/netdev/internal/errno"
)

// Source is what this package and package wire are made of, except for what
// needs package net. Tinynet builds it into the net of an emulated board.
//
//go:embed calls.go device.go errors.go half.go ring.go session.go size_board.go size_hosted.go socket.go transfer.go
//go:embed internal/wire/frame.go internal/wire/line.go internal/wire/message.go internal/wire/pump.go
var Source embed.FS

// ErrnoSource is what the package of the errors' numbers is made of, which this one
// imports.
var ErrnoSource = errno.Source
