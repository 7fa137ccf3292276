//go:build tinynetport

package textproto

// commonNames are those of headers that clients and servers send, each between two
// line feeds, so that a request that has them needs no memory for them. Go has a map
// of them, on the heap.
const commonNames = "\n" +
	"Accept\nAccept-Encoding\nAccept-Language\nAccept-Ranges\nAuthorization\nCache-Control\nConnection\n" +
	"Content-Encoding\nContent-Length\nContent-Type\nCookie\nDate\nEtag\nExpect\nExpires\nHost\n" +
	"If-Modified-Since\nIf-None-Match\nKeep-Alive\nLast-Modified\nLocation\nOrigin\nPragma\nRange\nReferer\n" +
	"Sec-Fetch-Dest\nSec-Fetch-Mode\nSec-Fetch-Site\nSec-Fetch-User\nServer\nSet-Cookie\nTransfer-Encoding\n" +
	"Upgrade\nUpgrade-Insecure-Requests\nUser-Agent\nVary\nX-Forwarded-For\n"

// commonName is the name as a string, or "" where it is not a common one.
func commonName(name []byte) string {
	for start := 1; start < len(commonNames); {
		end := start
		for commonNames[end] != '\n' {
			end++
		}
		if end-start == len(name) {
			i := 0
			for i < len(name) && commonNames[start+i] == name[i] {
				i++
			}
			if i == len(name) {
				return commonNames[start:end]
			}
		}
		start = end + 1
	}
	return ""
}
