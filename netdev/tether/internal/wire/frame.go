package wire

// A frame on the line is the byte mark, and then, with some bytes escaped,
//
//	kind      1 byte
//	seq       1 byte   its number, for kinds with data
//	ack       1 byte   the number of the data frame that is expected next
//	size      2 bytes  of the payload
//	payload
//	check     4 bytes  CRC-32 of all before it, see crc
//
// A mark within a frame is the beginning of another. What is not part of a
// frame is text.
const (
	mark   = 0x02
	escape = 0x10
	toggle = 0x40 // what an escaped byte is XORed with

	headerSize = 5
	checkSize  = 4
)

// special tells which bytes are escaped: the two above, and those that lines
// with software flow control take for themselves.
func special(b byte) bool {
	return b == mark || b == escape || b == 0x11 || b == 0x13
}

// Kinds of frames. The upper bits are flags.
const (
	kindHello = 1 // who is there: begins a session
	kindData  = 2 // the next bytes of the stream
	kindAck   = 3 // no data, only what came
	kindBye   = 4 // this end goes

	kindMask = 0x0f
	flagGap  = 0x80 // something is missing: send again from ack on
)

// crcTable is for four bits at a time: enough for a serial line, and small.
var crcTable = [16]uint32{
	0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
	0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
}

// crc is the CRC-32 of IEEE 802.3, begun with a key instead of zero, so that
// frames of another session fail it.
func crc(key uint32, p []byte) uint32 {
	c := ^key
	for _, b := range p {
		c ^= uint32(b)
		c = crcTable[c&15] ^ c>>4
		c = crcTable[c&15] ^ c>>4
	}
	return ^c
}

func put16(p []byte, v uint16) { p[0], p[1] = byte(v), byte(v>>8) }

func put32(p []byte, v uint32) {
	put16(p, uint16(v))
	put16(p[2:], uint16(v>>16))
}

func get16(p []byte) uint16 { return uint16(p[0]) | uint16(p[1])<<8 }

func get32(p []byte) uint32 { return uint32(get16(p)) | uint32(get16(p[2:]))<<16 }

// appendFrame appends a frame as it goes over the line. scratch is as long as
// the frame without escapes, or longer.
func appendFrame(dst, scratch []byte, key uint32, kind, seq, ack byte, payload []byte) []byte {
	raw := scratch[:headerSize+len(payload)+checkSize]
	raw[0], raw[1], raw[2] = kind, seq, ack
	put16(raw[3:], uint16(len(payload)))
	copy(raw[headerSize:], payload)
	body := raw[:headerSize+len(payload)]
	put32(raw[len(body):], crc(key, body))
	dst = append(dst, mark)
	from := 0
	for i, b := range raw {
		if special(b) {
			dst = append(dst, raw[from:i]...)
			dst = append(dst, escape, b^toggle)
			from = i + 1
		}
	}
	return append(dst, raw[from:]...)
}

// A decoder takes a line's bytes apart.
type decoder struct {
	buf     []byte // room for the largest frame
	n       int
	within  bool // a frame
	escaped bool
}

func newDecoder(mtu int) decoder { return decoder{buf: make([]byte, headerSize+mtu+checkSize)} }

// feed hands on what is in p: frames without the mark and escapes, with sizes
// that fit and unchecked sums; how often a frame was broken off; and text.
func (d *decoder) feed(p []byte, frame func([]byte), broken func(), text func([]byte)) {
	for len(p) > 0 {
		if !d.within {
			i := 0
			for i < len(p) && p[i] != mark {
				i++
			}
			if i > 0 {
				text(p[:i])
			}
			if i == len(p) {
				return
			}
			p = p[i+1:]
			d.begin()
			continue
		}
		b := p[0]
		p = p[1:]
		switch {
		case b == mark:
			broken()
			d.begin()
			continue
		case b == escape && !d.escaped:
			d.escaped = true
			continue
		case d.escaped:
			d.escaped = false
			if b ^= toggle; !special(b) {
				d.within = false
				broken()
				continue
			}
		}
		d.buf[d.n] = b
		d.n++
		if d.n < headerSize {
			continue
		}
		size := headerSize + int(get16(d.buf[3:])) + checkSize
		if size > len(d.buf) {
			d.within = false
			broken()
			continue
		}
		if d.n == size {
			d.within = false
			frame(d.buf[:size])
		}
	}
}

func (d *decoder) begin() { d.within, d.escaped, d.n = true, false, 0 }
