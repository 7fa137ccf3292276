//go:build tinynetport && baremetal && !tinynet_stats

package net

func notePeak() {}
