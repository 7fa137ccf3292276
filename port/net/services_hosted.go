//go:build tinynetport && !port.board && !windows

package net

func loadServices() { onceReadServices.Do(readServices) }
