//go:build tinynetport

package http

import "strings"

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
	var key strings.Builder
	key.Grow(len(cm.targetScheme) + len(addr) + len(proxy) + 3)
	if cm.onlyH1 {
		key.WriteByte('1')
	} else {
		key.WriteByte('2')
	}
	key.WriteString(cm.targetScheme)
	key.WriteByte(' ')
	key.WriteString(addr)
	if proxy != "" {
		key.WriteByte(0)
		key.WriteString(proxy)
	}
	return connectMethodKey(key.String())
}
