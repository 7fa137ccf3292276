//go:build tinynetport && !baremetal

package time

func runFunc(f func()) { go f() }

func keepRunner() {}
