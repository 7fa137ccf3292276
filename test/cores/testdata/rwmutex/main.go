// Rwmutex has a reader that comes while a writer waits for an earlier one.
package main

import (
	"sync"
	"time"
)

func main() {
	var mu sync.RWMutex
	var all sync.WaitGroup
	all.Add(2)
	mu.RLock()
	go func() {
		mu.Lock()
		mu.Unlock()
		all.Done()
	}()
	time.Sleep(10 * time.Millisecond)
	go func() {
		mu.RLock()
		mu.RUnlock()
		all.Done()
	}()
	time.Sleep(10 * time.Millisecond)
	mu.RUnlock()
	all.Wait()
	println("DONE")
}
