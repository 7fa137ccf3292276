package main

import "syscall"

// tryLock takes a lock that ends with the process, unless another has it: the
// file is opened so that nobody else can.
func tryLock(name string) (unlock func(), ok bool) {
	path, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, false
	}
	const alone = 0
	h, err := syscall.CreateFile(path, syscall.GENERIC_READ|syscall.GENERIC_WRITE, alone, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, false
	}
	return func() { syscall.CloseHandle(h) }, true
}
