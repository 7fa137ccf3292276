//go:build tinynetport && port.board

package tls

// onBoard tells whether memory and processor are a board's.
const onBoard = true
