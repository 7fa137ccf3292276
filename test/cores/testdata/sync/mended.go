package sync

// rlock stands in for RLock: who finds a writer waits until that is done, and only
// then counts as a reader.
func (rw *RWMutex) rlock() {
	for {
		readers := rw.readers.Load()
		if int32(readers) < 0 {
			rw.readers.Wait(readers)
		} else if rw.readers.CompareAndSwap(readers, readers+1) {
			return
		}
	}
}
