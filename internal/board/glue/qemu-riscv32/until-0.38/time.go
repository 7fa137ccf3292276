//go:build tinynetport && baremetal && virt

package net

import (
	"device/riscv"
	"runtime/volatile"
	"unsafe"
)

// The core-local interruptor, at the addresses that the machine's device tree tells.
var (
	clockLow, clockHigh = (*volatile.Register32)(unsafe.Pointer(uintptr(0x0200bff8))), (*volatile.Register32)(unsafe.Pointer(uintptr(0x0200bffc)))
	alarmLow, alarmHigh = (*volatile.Register32)(unsafe.Pointer(uintptr(0x02004000))), (*volatile.Register32)(unsafe.Pointer(uintptr(0x02004004)))
)

const (
	clockTick = 100    // nanoseconds
	timerBit  = 1 << 7 // in mie
	longNap   = 10_000 // ticks: 1 ms
)

// boardTime is what TinyGo's runtime for this machine takes for the time, in
// nanoseconds. Its sleep adds to it and returns at once.
//
//go:extern runtime.timestamp
var boardTime int64

func startTime() {
	riscv.DisableInterrupts() // wfi returns for one that is enabled all the same
	riscv.MIE.SetBits(timerBit)
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

// timePasses tells whether the time has come that TinyGo believes to have reached;
// if not, and nothing else is to do, it waits a little. So the scheduler, which takes
// a sleep for done, goes on only when that time has really passed.
func timePasses(busy bool) bool {
	now := clock()
	ahead := boardTime - int64(now*clockTick)
	if ahead <= 0 {
		boardTime -= ahead
	}
	if busy || ahead <= 0 {
		return true
	}
	until := now + min(uint64(ahead)/clockTick+1, longNap/5)
	alarmHigh.Set(^uint32(0))
	alarmLow.Set(uint32(until))
	alarmHigh.Set(uint32(until >> 32))
	riscv.Asm("wfi")
	return false
}
