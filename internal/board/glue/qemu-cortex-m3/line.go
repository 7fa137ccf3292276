//go:build tinynetport && baremetal && cortexm

package net

import (
	"device/arm"
	"io"
	"runtime/volatile"
	"unsafe"
)

// ARM's MPS2 board with the image AN385, as QEMU has it: the first UART, and a
// counter of 25 MHz.
var (
	uartData   = (*volatile.Register32)(unsafe.Pointer(uintptr(0x40004000)))
	uartStatus = (*volatile.Register32)(unsafe.Pointer(uintptr(0x40004004)))
	uartEnable = (*volatile.Register32)(unsafe.Pointer(uintptr(0x40004008)))
	uartBaud   = (*volatile.Register32)(unsafe.Pointer(uintptr(0x40004010)))

	counter  = (*volatile.Register32)(unsafe.Pointer(uintptr(0x40028018)))
	prescale = (*volatile.Register32)(unsafe.Pointer(uintptr(0x4002801c)))
)

const (
	uartFull    = 1 << 0 // to send
	uartHasByte = 1 << 1
)

// pageAddress is in the last page of memory, which is not the program's.
const pageAddress = 0x21fff000

// boardDate is the time in nanoseconds since 1970: the machine has no clock for it,
// but QEMU tells, by semihosting.
func boardDate() int64 {
	const sysTime = 0x11 // returns seconds
	return int64(uint32(arm.SemihostingCall(sysTime, 0))) * 1e9
}

// What TinyGo's runtime for cortex-m-qemu, which is another machine, takes for
// the time, in nanoseconds, and for the register to print to.
//
//go:extern runtime.timestamp
var boardTime int64

//go:extern runtime.stdoutWrite
var boardOutput *volatile.Register8

type uartLine struct {
	last uint32 // of the counter
	now  int64  // nanoseconds
}

func tetherLine() io.ReadWriter {
	uartBaud.Set(16)
	uartEnable.Set(3)
	boardOutput = (*volatile.Register8)(unsafe.Pointer(uartData))
	prescale.Set(24) // microseconds
	return &uartLine{last: counter.Get()}
}

// Read takes what is there, and keeps time: it goes back to the scheduler, which
// takes a sleep for done, only when the time has really passed.
func (l *uartLine) Read(p []byte) (n int, err error) {
	notePeak()
	for {
		for n < len(p) && uartStatus.Get()&uartHasByte != 0 {
			p[n] = byte(uartData.Get())
			n++
		}
		ticks := counter.Get()
		l.now += int64(ticks-l.last) * 1000
		l.last = ticks
		if boardTime < l.now {
			boardTime = l.now
		}
		if n > 0 || boardTime == l.now {
			return n, nil
		}
	}
}

func (l *uartLine) Write(p []byte) (int, error) {
	notePeak()
	for _, b := range p {
		for uartStatus.Get()&uartFull != 0 {
		}
		uartData.Set(uint32(b))
	}
	return len(p), nil
}
