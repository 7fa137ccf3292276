//go:build tinynetport && !baremetal && !tinynet_board

package net

func loadProtocols() { onceReadProtocols.Do(readProtocols) }
