package main

import "time"

// Each timer is the only one, and is gone when who waits for it looks again.
func main() {
	for range 500_000 {
		time.AfterFunc(time.Hour, func() {}).Stop()
	}
	println("DONE")
}
