//go:build tinynetport && (!wasip1 || tinygo)

package net

import "os"

// adoptFile makes the program's device know a socket that it got as a file.
func adoptFile(f *os.File) (dev *device, s systemSocket, err error) {
	dev = currentDevice()
	if dev.sys() == nil {
		return nil, s, errNoFile
	}
	s, err = dev.sys().adopt(f)
	return dev, s, err
}
