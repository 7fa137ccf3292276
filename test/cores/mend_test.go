// Package cores holds what was found in TinyGo's schedulers for several cores and
// for threads (see docs/tinygo.md) against a runtime in which it is mended: the
// programs of testdata, without any network, end there, and so do those of the port.
package cores

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An edit changes an expression of a file of TinyGo's, which it has as often as
// times says; 0 is once.
type edit struct {
	file, match, with string
	times             int
}

const (
	board    = "src/runtime/runtime_tinygoriscv_qemu.go"
	collect  = "src/runtime/gc_stack_cores.go"
	schedule = "src/runtime/scheduler_cores.go"
	threads  = "src/runtime/scheduler_threads.go"
	futex    = "src/internal/task/futex-cores.go"
	locks    = "src/sync/mutex.go"
)

// edits mend TinyGo 0.40.1, together with testdata/runtime, which has what stands in
// for the functions that are renamed here.
var edits = []edit{
	{file: board, match: "func startSecondaryCores(", with: "func oldStartSecondaryCores("},
	{file: board, match: "func gcInterruptHandler(", with: "func oldGCInterruptHandler("},
	{file: board, match: "func gcPauseCore(", with: "func oldGCPauseCore("},
	{file: board, match: "func gcSignalCore(", with: "func oldGCSignalCore("},
	{file: board, match: "func spinLoopWait(", with: "func oldSpinLoopWait("},
	{file: board, match: "func schedulerWake(", with: "func oldSchedulerWake("},

	// A core begins when all can.
	{file: board, match: "schedulerLock.Lock()\n\t\tscheduler(false)", with: "awaitStart(uint32(hartID))\n\t\tschedulerLock.Lock()\n\t\tscheduler(false)"},

	// A signal is taken back before what it is for is looked up, whatever it is for.
	{file: board, match: "if gcScanState.Load() != 0 {", with: "aclintMSWI.MSIP[hartID].Set(0)\n\t\t\tif gcAsked[hartID].Swap(0) != 0 {"},
	{file: board, match: "if checkpoint.Saved() {\n\t\t\t\taclintMSWI.MSIP[hartID].Set(0)", with: "if checkpoint.Saved() {"},

	// An alarm is taken back, too, and is for the core that sleeps only.
	{file: board, match: "if sleepCheckpoint.Saved() {", with: "aclintMTIMECMP[hartID].Set(0xffff_ffff_ffff_ffff)\n\t\t\tif sleepCheckpoint.Saved() && (sleepingCore == uint8(hartID) || sleepingCore == 0xff) {"},

	// Who wakes from a wait for the timer leaves it to somebody else.
	{file: board, match: "schedulerLock.Lock()\n\tsleepingCore = 0xff", with: "schedulerLock.Lock()\n\tsleepingCore = 0xff\n\tif sleepingHarts != 0 {\n\t\tschedulerWake()\n\t}"},

	// Who was woken by the collector does not count as asleep.
	{file: board, match: "// returning.\n\tschedulerLock.Lock()", with: "// returning.\n\tschedulerLock.Lock()\n\tsleepingHarts &^= 1 << currentCPU()"},

	// The collector counts the cores that there are.
	{file: collect, match: "if i == core {", with: "if i == core || coreRuns[i].Load() == 0 {", times: 2},
	{file: collect, match: "if i == hartID {", with: "if i == hartID || coreRuns[i].Load() == 0 {"},
	{file: collect, match: "gcScanState.Load() != numCPU {", with: "gcScanState.Load() != gcRunning.Load() {"},
	{file: collect, match: "gcScanState.Load() != numCPU-1 {", with: "gcScanState.Load() != gcRunning.Load()-1 {"},

	// A goroutine that waits for the lock of a channel pauses with interrupts off. The
	// next one has them on again.
	{file: schedule, match: "runnable.Resume()", with: "runnable.Resume()\n\t\t\tinterruptsOn()"},
	{file: schedule, match: "sleepingTask.Resume()", with: "sleepingTask.Resume()\n\t\t\t\tinterruptsOn()"},

	// On hosts: the first timer is looked at as long as it is the first.
	{file: threads, match: "timerQueueLock.Unlock()\n\t\t\ttimeout := ticksToNanoseconds(timerQueue.whenTicks() - now)",
		with: "timeout := ticksToNanoseconds(timerQueue.whenTicks() - now)\n\t\t\ttimerQueueLock.Unlock()"},

	// A reader that waits for a writer does not count as one that reads, for whom the
	// writer would wait.
	{file: locks, match: "func (rw *RWMutex) RLock() {", with: "func (rw *RWMutex) RLock() {\n\trw.rlock()\n}\n\nfunc (rw *RWMutex) oldRLock() {"},
	{file: locks, match: "if waiting != 0 {", with: "if waiting == 0 {"},

	// The function of a timer, which has no goroutine to be paused, asks again.
	{file: futex, match: "// Push the current goroutine onto the waiter stack.", with: "if OnSystemStack() {\n\t\tunlockFutex(mask)\n\t\treturn false\n\t}\n"},
}

// mended makes, in a folder, a root of TinyGo that differs from the given one by the
// edits, and has links for all other files.
func mended(t *testing.T, root string) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{}
	for _, e := range edits {
		text, ok := files[e.file]
		if !ok {
			data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(e.file)))
			if err != nil {
				t.Skipf("this TinyGo has no scheduler \"cores\" for the machine: %v", err)
			}
			text = string(data)
		}
		if n, want := strings.Count(text, e.match), max(e.times, 1); n != want {
			t.Skipf("%s has %q %d times, not %d: the mending is for another TinyGo", e.file, e.match, n, want)
		}
		files[e.file] = strings.ReplaceAll(text, e.match, e.with)
	}
	for _, name := range []string{"runtime", "sync"} {
		own, err := os.ReadFile(filepath.Join("testdata", name, "mended.go"))
		if err != nil {
			t.Fatal(err)
		}
		files["src/"+name+"/mended.go"] = string(own)
	}
	// TinyGo takes only files through links, so below src all folders are real.
	all, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if f.Name() == "src" {
			continue
		}
		if err := os.Symlink(filepath.Join(root, f.Name()), filepath.Join(dir, f.Name())); err != nil {
			t.Fatal(err)
		}
	}
	err = filepath.WalkDir(filepath.Join(root, "src"), func(path string, f fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if f.IsDir() {
			return os.Mkdir(filepath.Join(dir, name), 0o777)
		}
		if _, changed := files[filepath.ToSlash(name)]; changed {
			return nil
		}
		return os.Symlink(path, filepath.Join(dir, name))
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
