//go:build tinynetport && !port.board && !windows

package net

func loadProtocols() { onceReadProtocols.Do(readProtocols) }
