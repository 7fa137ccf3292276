//go:build tinynetport

package http

// A connectMethodKey is what connections have in common that serve the same requests, in
// one text: the newest HTTP that they may speak, the scheme, the address, and the proxy. TinyGo
// takes seven pieces of the heap for each look into a map for a struct of these.
type connectMethodKey string

func (k connectMethodKey) String() string { return string(k) }

func (cm *connectMethod) key() connectMethodKey {
	if cm.proxyURL != nil {
		return cm.makeKey()
	}
	last := lastKey.Load()
	if last == nil || last.onlyH1 != cm.onlyH1 || last.addr != cm.targetAddr || last.scheme != cm.targetScheme {
		last = &knownKey{cm.targetScheme, cm.targetAddr, cm.onlyH1, cm.makeKey()}
		lastKey.Store(last)
	}
	return last.key
}
