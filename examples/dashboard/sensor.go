package main

import "runtime"

// A sensor is what is measured, and how.
type sensor struct {
	name, unit string
	read       func() float64
}

// sensors are all that there are here: a board's own come first.
var sensors = append(chip(), sensor{"Memory in use", "kB", func() float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse) / 1000
}})
