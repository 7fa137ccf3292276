package main

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// TestLock: one at a time has the lock, by whichever of its two ways the system has it.
// It runs under Wine, too: see test/wine.
func TestLock(t *testing.T) {
	if runtime.GOOS == "plan9" || runtime.GOOS == "aix" || runtime.GOOS == "solaris" || runtime.GOOS == "illumos" {
		t.Skip("there are no locks here, so that each run builds in a folder of its own")
	}
	dir, err := os.MkdirTemp("", "tinynet-lock-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir) // which Wine 8 cannot do, so this is no t.TempDir
	name := filepath.Join(dir, "lock")
	unlock, ok := tryLock(name)
	if !ok {
		t.Fatal("got no lock, want one that nobody has")
	}
	if _, ok := tryLock(name); ok {
		t.Error("got the lock twice, want it once")
	}
	unlock()
	if unlock, ok = tryLock(name); !ok {
		t.Fatal("got no lock, want the one that was given back")
	}
	unlock()
}
