//go:build tinynet_port && tinynet_board

package interop_test

const keepsSessions = true
