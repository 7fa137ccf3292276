//go:build baremetal || tinygo.wasm

package online

// Stopped is a channel on which nothing ever comes: a board runs until it is switched
// off, and a sandbox has no signals (TinyGo's programs there hang once they ask for them).
func Stopped() <-chan struct{} { return nil }
