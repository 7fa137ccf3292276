//go:build tinynetport && baremetal && rp2040

package net

import (
	"device/rp"
	"io"
	"runtime/volatile"
	"unsafe"
)

// pageAddress is the RP2040's second small bank of memory, which TinyGo leaves
// alone.
const pageAddress = 0x20041000

// boardDate is the time in nanoseconds since 1970, which the emulator leaves in
// the page when it switches the chip on: the chip has no clock for it.
func boardDate() int64 {
	return int64(volatile.LoadUint64((*uint64)(unsafe.Pointer(uintptr(pageAddress + 0x100)))))
}

// A uartLine is the first UART. What the program prints is on it, too.
type uartLine struct{}

// tetherLine makes the UART as fast as it goes, with its buffers and with flow
// control. Bytes are not taken by interrupt, as TinyGo does it, because its buffer
// has room for few.
func tetherLine() io.ReadWriter {
	for rp.UART0.UARTFR.HasBits(rp.UART0_UARTFR_BUSY) {
	}
	rp.UART0.UARTIMSC.Set(0)
	rp.UART0.UARTIBRD.Set(1) // the clock's frequency divided by 16
	rp.UART0.UARTFBRD.Set(0)
	rp.UART0.UARTLCR_H.SetBits(rp.UART0_UARTLCR_H_FEN) // which has the divider taken over, too
	rp.UART0.UARTCR.SetBits(rp.UART0_UARTCR_RTSEN)
	return uartLine{}
}

// readPatience is how often Read looks for another byte after the last one: about
// the time in which two come.
const readPatience = 24

func (uartLine) Read(p []byte) (n int, err error) {
	for vain := 0; n < len(p); {
		if !rp.UART0.UARTFR.HasBits(rp.UART0_UARTFR_RXFE) {
			p[n] = byte(rp.UART0.UARTDR.Get())
			n++
			vain = 0
		} else if vain++; n == 0 || vain > readPatience {
			break
		}
	}
	return n, nil
}

func (uartLine) Write(p []byte) (int, error) {
	for _, b := range p {
		for rp.UART0.UARTFR.HasBits(rp.UART0_UARTFR_TXFF) {
		}
		rp.UART0.UARTDR.Set(uint32(b))
	}
	return len(p), nil
}
