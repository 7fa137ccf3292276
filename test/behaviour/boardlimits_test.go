//go:build tinynet_port && tinynet_board

package behaviour_test

// boardLimits says that the port has the buffers and timers of a board.
const boardLimits = true
