package cyw43439sim

import (
	"bytes"
	"encoding/binary"
)

// SDPCM's channels.
const (
	channelControl = 0
	channelEvent   = 1
	channelData    = 2
)

// window is how many packets the driver may send before it hears of more.
const window = 10

const (
	sdpcmLen = 12
	cdcLen   = 16
	bdcLen   = 4
)

// Commands that do more than succeed.
const (
	cmdSetSSID       = 26
	cmdDisassoc      = 52
	cmdSetSecurity   = 134
	cmdGetVar        = 262
	cmdSetVar        = 263
	cmdSetPassphrase = 268
)

// Events, and their states.
const (
	eventSetSSID  = 0
	eventJoin     = 1
	eventStart    = 2 // the driver does not ask for it
	eventAuth     = 3
	eventDeauth   = 5
	eventLink     = 16
	eventSecurity = 46

	stateSuccess     = 0
	stateNoNetworks  = 3
	stateUnsolicited = 6
)

// packet takes what the driver has written. It returns a frame for the network.
func (c *Chip) packet(p []byte) (frame []byte) {
	if len(p) < sdpcmLen {
		return nil
	}
	size := binary.LittleEndian.Uint16(p)
	if binary.LittleEndian.Uint16(p[2:]) != ^size || int(size) != len(p) {
		return nil // the firmware drops what is damaged
	}
	head := int(p[7])
	if head < sdpcmLen || head > len(p) {
		return nil
	}
	c.credit = p[4] + window
	body := p[head:]
	defer c.renew(p[4] + 1)
	switch p[5] & 0xf {
	case channelControl:
		c.control(body)
	case channelData:
		if len(body) < bdcLen {
			return nil
		}
		start := bdcLen + 4*int(body[3])
		if start > len(body) || c.joined == "" {
			return nil
		}
		c.counts.FramesOut++
		return append([]byte(nil), body[start:]...)
	}
	return nil
}

// renew tells the driver that it may go on sending, where nothing else in the queue
// will, and half of what it may send is used up: next is the number of the packet that it
// sends next. A chip does so, too, or whoever only sends would come to a stop. It does it
// with a header alone, it is said, which the driver of v0.2.0 refuses as too short; so an
// event that the driver does not ask for says it here.
func (c *Chip) renew(next byte) {
	if len(c.queue) == 0 && int8(c.told-next) <= window/2 {
		c.event(eventStart, stateSuccess, 0, 0)
	}
}

// control does a command and answers it.
func (c *Chip) control(p []byte) {
	if len(p) < cdcLen || c.faults.Silent {
		return
	}
	cmd := binary.LittleEndian.Uint32(p)
	data := p[cdcLen:]
	answer := append([]byte(nil), p...)
	result := answer[cdcLen:]
	switch cmd {
	case cmdGetVar:
		name, _, _ := bytes.Cut(data, []byte{0})
		clear(result)
		if string(name) == "cur_etheraddr" {
			copy(result, c.mac[:])
		}
	case cmdSetVar:
		if name, value, ok := bytes.Cut(data, []byte{0}); ok {
			c.setVar(string(name), value)
		}
	case cmdSetPassphrase:
		c.pass = counted16(data, 4)
	case cmdSetSecurity:
		c.secure = len(data) >= 4 && binary.LittleEndian.Uint32(data) != 0
	case cmdDisassoc:
		c.joined = ""
	}
	c.put(channelControl, answer)
	if cmd == cmdSetSSID && len(data) >= 4 {
		n := min(int(binary.LittleEndian.Uint32(data)), len(data)-4, 32)
		c.join(string(data[4 : 4+n]))
	}
}

// counted16 is a text behind its length, which begins at some place.
func counted16(data []byte, at int) string {
	if len(data) < at {
		return ""
	}
	n := min(int(binary.LittleEndian.Uint16(data)), len(data)-at)
	return string(data[at : at+n])
}

func (c *Chip) setVar(name string, value []byte) {
	switch name {
	case "sae_password":
		c.sae = counted16(value, 2)
	case "gpioout":
		if len(value) >= 8 && binary.LittleEndian.Uint32(value)&1 != 0 {
			c.led = binary.LittleEndian.Uint32(value[4:])&1 != 0
		}
	case "mcast_list":
		c.groups = map[[6]byte]bool{}
		if len(value) < 4 {
			return
		}
		for n, rest := binary.LittleEndian.Uint32(value), value[4:]; n > 0 && len(rest) >= 6; n, rest = n-1, rest[6:] {
			c.groups[[6]byte(rest[:6])] = true
		}
	}
}

// join does what the firmware does at SET_SSID: it tells by events how far it
// has come.
func (c *Chip) join(ssid string) {
	c.joined = ""
	ap, ok := c.points[ssid]
	if !ok {
		c.counts.Refusals++
		c.event(eventSetSSID, stateNoNetworks, 0, 0)
		return
	}
	c.event(eventAuth, stateSuccess, 0, 0)
	c.event(eventLink, stateSuccess, 0, 1)
	c.event(eventJoin, stateSuccess, 0, 0)
	c.event(eventSetSSID, stateSuccess, 0, 0)
	if ap.Passphrase != "" || c.secure {
		if !c.secure || c.pass != ap.Passphrase && c.sae != ap.Passphrase {
			// The four messages of the key's exchange do not come to their end.
			c.counts.Refusals++
			c.event(eventSecurity, 8, 15, 0)
			return
		}
		c.event(eventSecurity, stateUnsolicited, 0, 0)
	}
	c.counts.Joins++
	c.joined = ssid
}

// event tells the driver that something has happened.
func (c *Chip) event(kind, status, reason uint32, flags uint16) {
	p := make([]byte, bdcLen+72)
	p[0] = 2 << 4
	e := p[bdcLen:]
	copy(e, c.mac[:])
	copy(e[6:], c.mac[:])
	binary.BigEndian.PutUint16(e[12:], 0x886c)
	h := e[14:]
	binary.BigEndian.PutUint16(h, 0x8001) // a vendor's long subtype
	binary.BigEndian.PutUint16(h[2:], 58)
	copy(h[5:], []byte{0x00, 0x10, 0x18})
	binary.BigEndian.PutUint16(h[8:], 1)
	m := e[24:]
	binary.BigEndian.PutUint16(m, 2)
	binary.BigEndian.PutUint16(m[2:], flags)
	binary.BigEndian.PutUint32(m[4:], kind)
	binary.BigEndian.PutUint32(m[8:], status)
	binary.BigEndian.PutUint32(m[12:], reason)
	copy(m[30:], "wl0")
	c.put(channelEvent, p)
}

// put queues a packet for the driver.
func (c *Chip) put(channel byte, body []byte) {
	const most = 64
	if channel == channelData && len(c.queue) >= most {
		return // as on a chip whose memory is full; it does not lose what it has to say itself
	}
	p := make([]byte, sdpcmLen+len(body))
	binary.LittleEndian.PutUint16(p, uint16(len(p)))
	binary.LittleEndian.PutUint16(p[2:], ^uint16(len(p)))
	p[4] = c.seq
	c.seq++
	p[5] = channel
	p[7] = sdpcmLen
	p[9], c.told = c.credit, c.credit
	copy(p[sdpcmLen:], body)
	c.queue = append(c.queue, p)
}

// Receive takes a frame of the network.
func (c *Chip) Receive(frame []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	const longest = 2048 - sdpcmLen - bdcLen
	if c.joined == "" || !c.running || len(frame) < 14 || len(frame) > longest {
		return
	}
	to := [6]byte(frame[:6])
	switch {
	case to == c.mac || to == [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}:
	case to[0]&1 != 0 && c.groups[to]:
	default:
		return
	}
	c.counts.FramesIn++
	p := make([]byte, bdcLen+len(frame))
	p[0] = 2 << 4
	copy(p[bdcLen:], frame)
	c.put(channelData, p)
}

// Lose takes an access point away.
func (c *Chip) Lose(ssid string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.points, ssid)
	if c.joined == ssid {
		c.joined = ""
		c.event(eventLink, stateSuccess, 1, 0)
	}
}

// Find puts an access point there.
func (c *Chip) Find(p AccessPoint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.points[p.SSID] = p
}

// Deauthenticate has the access point throw the chip out.
func (c *Chip) Deauthenticate() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.joined != "" {
		c.joined = ""
		c.event(eventDeauth, stateSuccess, 2, 0)
	}
}
