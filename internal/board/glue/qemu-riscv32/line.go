//go:build tinynetport && baremetal && virt

package net

import (
	"device/riscv"
	"io"
	"runtime/volatile"
	"unsafe"
)

// QEMU's machine virt: a 16550 and a core-local interruptor, at the addresses
// that its device tree tells.
var (
	uartData   = (*volatile.Register8)(unsafe.Pointer(uintptr(0x10000000)))
	uartFIFO   = (*volatile.Register8)(unsafe.Pointer(uintptr(0x10000002)))
	uartStatus = (*volatile.Register8)(unsafe.Pointer(uintptr(0x10000005)))

	clockLow, clockHigh = (*volatile.Register32)(unsafe.Pointer(uintptr(0x0200bff8))), (*volatile.Register32)(unsafe.Pointer(uintptr(0x0200bffc)))
	alarmLow, alarmHigh = (*volatile.Register32)(unsafe.Pointer(uintptr(0x02004000))), (*volatile.Register32)(unsafe.Pointer(uintptr(0x02004004)))
)

const (
	uartHasByte = 1 << 0
	uartIsEmpty = 1 << 5

	clockTick = 100    // nanoseconds
	timerBit  = 1 << 7 // in mie
	longNap   = 10_000 // ticks: 1 ms
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

// boardTime is what TinyGo's runtime for this machine takes for the time, in
// nanoseconds. Its sleep adds to it and returns at once.
//
//go:extern runtime.timestamp
var boardTime int64

type uartLine struct{ nap uint64 }

func tetherLine() io.ReadWriter {
	uartFIFO.Set(1)
	riscv.DisableInterrupts() // wfi returns for one that is enabled all the same
	riscv.MIE.SetBits(timerBit)
	return &uartLine{}
}

func clock() uint64 {
	for {
		high := clockHigh.Get()
		low := clockLow.Get()
		if clockHigh.Get() == high {
			return uint64(high)<<32 | uint64(low)
		}
	}
}

// Read takes what is there, and keeps time: it goes back to the scheduler, which
// takes a sleep for done, only when the time has really passed.
func (l *uartLine) Read(p []byte) (n int, err error) {
	notePeak()
	for {
		for n < len(p) && uartStatus.Get()&uartHasByte != 0 {
			p[n] = uartData.Get()
			n++
		}
		now := clock()
		ahead := boardTime - int64(now*clockTick)
		if ahead <= 0 {
			boardTime -= ahead
		}
		if n > 0 || ahead <= 0 {
			return n, nil
		}
		until := now + min(uint64(ahead)/clockTick+1, longNap/5)
		alarmHigh.Set(^uint32(0))
		alarmLow.Set(uint32(until))
		alarmHigh.Set(uint32(until >> 32))
		riscv.Asm("wfi")
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
