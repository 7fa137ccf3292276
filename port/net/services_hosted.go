//go:build tinynetport && !baremetal && !tinynet_board && !windows

package net

func loadServices() { onceReadServices.Do(readServices) }
