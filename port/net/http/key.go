//go:build tinynetport && tinygo

package http

import (
	"sync/atomic"
	"unsafe"
)

// A knownKey is the key of a connectMethod without a proxy. That of the last one is
// kept: each dial asks for it three times, and the next request most often again.
type knownKey struct {
	scheme, addr string
	onlyH1       bool
	key          connectMethodKey
}

var lastKey atomic.Pointer[knownKey]

func (cm *connectMethod) makeKey() connectMethodKey {
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
