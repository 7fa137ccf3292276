//go:build !baremetal

package tether

import "embed"

// Source is what this package and package wire are made of, except for what
// needs package net. Tinynet builds it into the net of an emulated board.
//
//go:embed device.go errors.go ring.go size_board.go size_hosted.go
//go:embed wire/frame.go wire/line.go wire/message.go wire/pump.go
var Source embed.FS
