//go:build tinynetport

package textproto

// commonNames are those of headers that clients and servers send, each after its
// length, so that a request that has them needs no memory for them. Go has a map of
// them, on the heap.
const commonNames = "" +
	"\x06Accept\x0fAccept-Encoding\x0fAccept-Language\x0dAccept-Ranges\x0dAuthorization\x0dCache-Control" +
	"\x0aConnection\x10Content-Encoding\x0eContent-Length\x0cContent-Type\x06Cookie\x04Date\x04Etag\x06Expect" +
	"\x07Expires\x04Host\x11If-Modified-Since\x0dIf-None-Match\x0aKeep-Alive\x0dLast-Modified\x08Location" +
	"\x06Origin\x06Pragma\x05Range\x07Referer\x0eSec-Fetch-Dest\x0eSec-Fetch-Mode\x0eSec-Fetch-Site" +
	"\x0eSec-Fetch-User\x06Server\x0aSet-Cookie\x11Transfer-Encoding\x07Upgrade\x19Upgrade-Insecure-Requests" +
	"\x0aUser-Agent\x04Vary\x0fX-Forwarded-For"

// commonName is the name as a string, or "" where it is not a common one.
func commonName(name []byte) string {
	for rest := commonNames; rest != ""; {
		n := int(rest[0])
		if n == len(name) && sameBytes(rest[1:1+n], name) {
			return rest[1 : 1+n]
		}
		rest = rest[1+n:]
	}
	return ""
}

// sameBytes compares without the string that TinyGo makes of bytes.
func sameBytes(s string, b []byte) bool {
	for i := range b {
		if s[i] != b[i] {
			return false
		}
	}
	return true
}

// plainNameByte reports whether a name of a header may have c, of most that it has:
// for the others, validHeaderFieldByte shifts 64 bits, which takes a call on a board.
func plainNameByte(c byte) bool { return c == '-' || 'a' <= c|0x20 && c|0x20 <= 'z' }
