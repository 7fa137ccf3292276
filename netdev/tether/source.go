//go:build !baremetal

package tether

import "embed"

// Source is what this package and package wire are made of, except for what
// needs package net. Tinynet builds it into the net of an emulated board.
//
//go:embed calls.go device.go errors.go half.go ring.go session.go size_board.go size_hosted.go socket.go transfer.go
//go:embed internal/wire/frame.go internal/wire/line.go internal/wire/message.go internal/wire/pump.go
var Source embed.FS
