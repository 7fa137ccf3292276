//go:build tinynetport && !baremetal

package time

func textOf(t Time) string { return t.Format("2006-01-02 15:04:05.999999999 -0700 MST") }
