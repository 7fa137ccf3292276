//go:build tinygo.riscv && virt && qemu && scheduler.cores

package runtime

// What stands in for functions of TinyGo's runtime for QEMU's RISC-V machine, whose
// signals from core to core are one bit for everything. Here each kind has memory of
// its own, and the bit says no more than that there is something to look at.

import (
	"device/riscv"
	"math/bits"
	"sync/atomic"
)

var (
	coresReady atomic.Uint32         // a bit for each that has come up
	coresFree  atomic.Uint32         // and for each that may begin
	gcAsked    [numCPU]atomic.Uint32 // 1: the collector wants this core to stop
	gcSteps    [numCPU]atomic.Uint32 // how often it has told this core to go on
	gcRunning  atomic.Uint32         // how many cores the collector has to do with
	coreRuns   [numCPU]atomic.Uint32 // 1: it is one of them
)

// awaitStart lets a core other than the first begin when all have come up, and the
// collector knows of them.
func awaitStart(hart uint32) {
	for {
		old := coresReady.Load()
		if coresReady.CompareAndSwap(old, old|1<<hart) {
			break
		}
	}
	for coresFree.Load()&(1<<hart) == 0 {
		riscv.Asm("pause")
	}
}

// startSecondaryCores starts the cores that there are: fewer than the program was
// built for, where the machine has fewer.
func startSecondaryCores() {
	const patience = 10_000_000 // ticks: 1 s
	for hart := uint32(1); hart < numCPU; hart++ {
		aclintMSWI.MSIP[hart].Set(1)
	}
	all := uint32(1<<numCPU-1) &^ 1
	for begin := ticks(); coresReady.Load() != all && ticks()-begin < patience; {
		riscv.Asm("pause")
	}
	ready := coresReady.Load()
	for hart := uint32(0); hart < numCPU; hart++ {
		if hart == 0 || ready&(1<<hart) != 0 {
			coreRuns[hart].Store(1)
		}
	}
	gcRunning.Store(uint32(bits.OnesCount32(ready)) + 1)
	secondaryCoresStarted = true
	coresFree.Store(ready)
}

func gcPauseCore(core uint32) {
	gcAsked[core].Store(1)
	aclintMSWI.MSIP[core].Set(1)
}

func gcSignalCore(core uint32) { gcSteps[core].Add(1) }

// gcInterruptHandler stops this core until the collector has seen its stacks, and
// may go on. The system's stack is looked at as a whole: at a switch of stacks there
// is a moment at which nothing says which of the two is in use.
func gcInterruptHandler(hart uint32) {
	step := gcSteps[hart].Load()
	gcScanState.Add(1)
	for gcSteps[hart].Load() == step {
		riscv.Asm("pause")
	}
	scanCurrentStack()
	const systemStack = 2048
	top := coreStackTop(hart)
	markRoots(top-systemStack, top)
	gcScanState.Store(1)
	for gcSteps[hart].Load() == step+1 {
		riscv.Asm("pause")
	}
	gcScanState.Add(1)
}

// spinLoopWait is also where a core stops for the collector that waits for a lock
// with its interrupts off: who has the lock may have stopped already.
func spinLoopWait() {
	riscv.Asm("pause")
	if hart := currentCPU(); gcAsked[hart].Load() != 0 && gcAsked[hart].Swap(0) != 0 {
		gcInterruptHandler(hart)
	}
}

// schedulerWake wakes a core that has nothing to do, or else the one that waits for
// the next timer.
func schedulerWake() {
	if hart := bits.TrailingZeros8(sleepingHarts); hart < numCPU {
		sleepingHarts &^= 1 << hart
		aclintMSWI.MSIP[hart].Set(1)
	} else if sleepingCore != 0xff {
		aclintMTIMECMP[sleepingCore].Set(0)
	}
}

// interruptsOn is called when a goroutine has paused.
func interruptsOn() { riscv.EnableInterrupts(riscv.MSTATUS_MIE) }
