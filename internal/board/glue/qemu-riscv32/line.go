//go:build tinynetport && baremetal && virt

package net

import (
	"io"
	"runtime/volatile"
	"unsafe"
)

// QEMU's machine virt has a 16550, at the address that its device tree tells.
var (
	uartData   = (*volatile.Register8)(unsafe.Pointer(uintptr(0x10000000)))
	uartFIFO   = (*volatile.Register8)(unsafe.Pointer(uintptr(0x10000002)))
	uartStatus = (*volatile.Register8)(unsafe.Pointer(uintptr(0x10000005)))
)

const (
	uartHasByte = 1 << 0
	uartIsEmpty = 1 << 5
)

// pageAddress is the page behind the memory of the program.
const pageAddress = 0x86000000

// dateLow and dateHigh are the machine's clock of the day; dateHigh is what it was
// when dateLow was read.
var (
	dateLow  = (*volatile.Register32)(unsafe.Pointer(uintptr(0x00101000)))
	dateHigh = (*volatile.Register32)(unsafe.Pointer(uintptr(0x00101004)))
)

// boardDate is the time in nanoseconds since 1970.
func boardDate() int64 {
	low := dateLow.Get()
	return int64(uint64(dateHigh.Get())<<32 | uint64(low))
}

type uartLine struct{}

func tetherLine() io.ReadWriter {
	uartFIFO.Set(1)
	startTime()
	return &uartLine{}
}

// Read takes what is there. If that is nothing, it lets time pass, where TinyGo does
// not do so itself.
func (l *uartLine) Read(p []byte) (n int, err error) {
	notePeak()
	for {
		for n < len(p) && uartStatus.Get()&uartHasByte != 0 {
			p[n] = uartData.Get()
			n++
		}
		if timePasses(n > 0) {
			return n, nil
		}
	}
}

func (l *uartLine) Write(p []byte) (int, error) {
	notePeak()
	for _, b := range p {
		for uartStatus.Get()&uartIsEmpty == 0 {
		}
		uartData.Set(b)
	}
	return len(p), nil
}
