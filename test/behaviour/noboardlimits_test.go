//go:build tinynet_port && !tinynet_board

package behaviour_test

const boardLimits = false
