//go:build tinynetport

package http

import "unsafe"

// A connectMethodKey is what connections have in common that serve the same requests, in
// one text: the newest HTTP that they may speak, the scheme, the address, and the proxy. TinyGo
// takes seven pieces of the heap for each look into a map for a struct of these.
type connectMethodKey string

func (k connectMethodKey) String() string { return string(k) }

func (cm *connectMethod) key() connectMethodKey {
	proxy, addr := "", cm.targetAddr
	if cm.proxyURL != nil {
		proxy = cm.proxyURL.String()
		if scheme := cm.proxyURL.Scheme; cm.targetScheme == "http" && (scheme == "http" || scheme == "https") {
			addr = "" // the proxy is asked for all addresses over the same connections
		}
	}
	// A strings.Builder would be one more piece of the heap.
	key := make([]byte, 1, len("1 \x00")+len(cm.targetScheme)+len(addr)+len(proxy))
	key[0] = '2'
	if cm.onlyH1 {
		key[0] = '1'
	}
	key = append(append(append(key, cm.targetScheme...), ' '), addr...)
	if proxy != "" {
		key = append(append(key, 0), proxy...)
	}
	return connectMethodKey(unsafe.String(unsafe.SliceData(key), len(key)))
}
