//go:build tinynetport && !baremetal && !tinynet_board && !windows

package net

func loadProtocols() { onceReadProtocols.Do(readProtocols) }
