// Package cyw43439 is the Wi-Fi of the Pico W and the Pico 2 W: the driver
// github.com/soypat/cyw43439 with package netdev/lneto on top, which makes
// sockets of its frames. A program has a network in these lines:
//
//	radio, err := cyw43439.Join(cyw43439.Config{
//		SSID: ssid, Passphrase: pass, Hostname: "thermometer",
//	})
//	if err != nil {
//		println("no network:", err.Error())
//		return
//	}
//	netdev.Use(radio)
//
// Join waits for the access point and for an address from DHCP. When the access
// point is gone, the radio looks for it until it is back; connections that were
// silent meanwhile go on, others fail with their own timeouts.
package cyw43439

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	driver "github.com/soypat/cyw43439"

	"github.com/tinynet/tinynet/netdev/lneto"
)

// A Config says which network, and how.
type Config struct {
	SSID       string
	Passphrase string // empty: an open network
	Auth       driver.JoinAuth
	Hostname   string // told to the DHCP server; by default tinynet

	// Timeout is after what time Join gives up; by default 45 s. The driver takes
	// 3 s for its firmware, and for each try to join up to 10 s.
	Timeout time.Duration

	// Device sets sizes and times of the sockets, and a fixed address. Its MAC and
	// Hostname are set by Join. The zero value is right for the Pico W;
	// lneto.Large() for the Pico 2 W.
	Device lneto.Config

	// Changed, if set, is called when the access point is lost, and when it is
	// found again. It must not block.
	Changed func(up bool)
}

// Why Join fails, beside what the driver says.
var (
	ErrNoNetwork = errors.New("cyw43439: no network of this name answers")
	ErrNotJoined = errors.New("cyw43439: the network does not let us in: is the pass phrase right?")
	ErrTimeout   = errors.New("cyw43439: joining took too long")
)

// A Radio is the network device: it has all methods of lneto.Device.
type Radio struct {
	*lneto.Device
	link *link
}

const (
	defaultTimeout = 45 * time.Second
	longestWait    = 10 * time.Second // between two tries to find the access point again
)

// JoinWith is Join with a driver of its user's: for other boards with this chip,
// and for tests. It sets the driver up. After a failure it may be called again,
// with the same driver.
func JoinWith(chip *driver.Device, conf Config) (*Radio, error) {
	switch {
	case conf.SSID == "" || len(conf.SSID) > 32:
		return nil, errors.New("cyw43439: SSID, the network's name, has to have 1 to 32 bytes")
	case conf.Passphrase != "" && (len(conf.Passphrase) < 8 || len(conf.Passphrase) > 64):
		return nil, errors.New("cyw43439: Passphrase has to have 8 to 64 bytes, or none for an open network")
	}
	if conf.Timeout <= 0 {
		conf.Timeout = defaultTimeout
	}
	conf.Device.Hostname = conf.Hostname
	if err := conf.Device.Check(); err != nil {
		return nil, err
	}
	l := &link{
		chip: chip, changed: conf.Changed, busy: true, quit: make(chan struct{}),
		ssid:    conf.SSID,
		options: driver.JoinOptions{Auth: conf.Auth, Passphrase: conf.Passphrase},
	}
	deadline := time.Now().Add(conf.Timeout)
	joined := make(chan error, 1)
	go func() { joined <- l.first(deadline) }()
	limit := time.NewTimer(conf.Timeout)
	defer limit.Stop()
	select {
	case err := <-joined:
		if err != nil {
			return nil, err
		}
	case <-limit.C:
		close(l.quit) // the driver's own try goes on for some seconds; nobody waits for it
		return nil, ErrTimeout
	}
	mac, err := chip.HardwareAddr6()
	if err != nil {
		return nil, err
	}
	dev := conf.Device
	dev.MAC = mac
	if dev.Name == "" {
		dev.Name = "wlan0"
	}
	// The chip's handler is set before the device is there: New may send, and be
	// answered, at once.
	l.ready.Lock()
	chip.RecvEthHandle(l.received)
	d, err := lneto.New(l, dev)
	if err != nil {
		l.ready.Unlock()
		return nil, err
	}
	l.dev = d
	l.ready.Unlock()
	r := &Radio{Device: d, link: l}
	if err := d.WaitUp(time.Until(deadline)); err != nil {
		r.Halt()
		return nil, err
	}
	return r, nil
}

// LED switches the light that the Pico W has on the radio. While the radio looks
// for its access point, that takes up to 10 s.
func (r *Radio) LED(on bool) error {
	l := r.link
	set := func() error { return l.chip.GPIOSet(0, on) }
	l.mu.Lock()
	if l.busy {
		l.mu.Unlock()
		return set() // once the driver has ended its try to join
	}
	defer l.mu.Unlock()
	return l.insist(set)
}

// Up reports whether the access point is there.
func (r *Radio) Up() bool {
	r.link.mu.Lock()
	defer r.link.mu.Unlock()
	return !r.link.busy
}

// Halt ends the device, and the search for a lost access point.
func (r *Radio) Halt() {
	r.link.once.Do(func() { close(r.link.quit) })
	r.Device.Halt()
}

// A link is the chip as lneto wants it: frames in and out.
type link struct {
	chip    *driver.Device
	ssid    string
	options driver.JoinOptions
	changed func(up bool)
	quit    chan struct{}
	once    sync.Once

	ready sync.Mutex // held until dev is set
	dev   *lneto.Device

	mu     sync.Mutex // held while the chip is used, but by the goroutine that joins
	busy   bool       // the chip is joining, and belongs to that
	groups [][6]byte  // that the chip's filter lets through

	frames atomic.Uint32 // that have come
	faults int           // of the bus, one after the other
}

var _ lneto.Poller = (*link)(nil)
var _ lneto.GroupLink = (*link)(nil)

// tries is how often Join tries: one lost frame is enough for a try to fail.
const tries = 3

// first sets the chip up and joins.
func (l *link) first(deadline time.Time) error {
	if err := l.chip.Init(driver.DefaultWifiConfig()); err != nil {
		return err
	}
	for try := 1; ; try++ {
		select {
		case <-l.quit: // Join has given up, and another one may have the chip next
			return ErrTimeout
		default:
		}
		err := l.chip.Join(l.ssid, l.options)
		if err == nil {
			l.mu.Lock()
			l.busy = false
			l.mu.Unlock()
			return nil
		}
		if try == tries || time.Until(deadline) < 2*time.Second {
			return explain(err)
		}
		select {
		case <-l.quit:
			return explain(err)
		case <-time.After(time.Second):
		}
	}
}

// insist gives the chip a command. The driver looks for the answer among the next
// ten packets only, so the frames that are there already are taken first, and a
// command that others came before is given again: for seconds and not for a number
// of tries, as a busy board is late in each of them. Frames go on being received.
// Callers hold l.mu.
func (l *link) insist(command func() error) (err error) {
	const long, frames = 4 * time.Second, 100
	for end := time.Now().Add(long); ; {
		for range frames {
			before := l.frames.Load()
			if _, err := l.chip.PollOne(); err != nil || l.frames.Load() == before {
				break
			}
		}
		if err = command(); err == nil || !l.up() || l.halted() || time.Now().After(end) {
			return err
		}
	}
}

// halted tells whether the chip is to be left alone.
func (l *link) halted() bool {
	select {
	case <-l.quit:
		return true
	default:
		return false
	}
}

// up asks the driver, which has the state behind its lock.
func (l *link) up() bool { return l.chip.NetFlags()&net.FlagRunning != 0 }

// explain tells a failure in words of what to look at. The driver has only texts
// for them; TestWords holds them.
func explain(err error) error {
	switch err.Error() {
	case "join:SET_SSID failed":
		return ErrNoNetwork
	case "join:failed":
		return ErrNotJoined
	}
	return err
}

// received is the chip's handler.
func (l *link) received(frame []byte) {
	l.frames.Add(1)
	l.ready.Lock()
	dev := l.dev
	l.ready.Unlock()
	if dev != nil {
		dev.Receive(frame)
	}
}

// Send hands the chip a frame.
func (l *link) Send(frame []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy {
		return errDown
	}
	return l.chip.SendEth(frame)
}

var errDown = errors.New("cyw43439: the access point is not there")

// Poll asks the chip for a frame, and notices when the access point is gone.
func (l *link) Poll() (more bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy {
		return false, nil
	}
	before := l.frames.Load()
	// PollOne's own answer is true for replies to commands only.
	_, err = l.chip.PollOne()
	if err != nil {
		l.faults++
	} else {
		l.faults = 0
	}
	if !l.up() || l.faults > 100 {
		l.busy = true
		go l.rejoin(l.faults > 100)
	}
	return l.frames.Load() != before, err
}

// rejoin looks for the access point until it is there.
func (l *link) rejoin(reset bool) {
	l.ready.Lock()
	dev := l.dev
	l.ready.Unlock()
	dev.SetLinkUp(false)
	if l.changed != nil {
		l.changed(false)
	}
	for wait := time.Second; ; wait = min(2*wait, longestWait) {
		select {
		case <-l.quit:
			return
		case <-time.After(wait):
		}
		if reset {
			if l.chip.Init(driver.DefaultWifiConfig()) != nil {
				continue
			}
			l.chip.RecvEthHandle(l.received)
		}
		if l.chip.Join(l.ssid, l.options) == nil {
			break
		}
	}
	l.mu.Lock()
	if len(l.groups) > 0 && !l.halted() { // a chip that was reset has forgotten them
		l.insist(func() error { return l.chip.SetMulticastList(l.groups) })
	}
	if l.halted() { // meanwhile: the chip may be somebody else's by now
		l.mu.Unlock()
		return
	}
	l.busy, l.faults = false, 0
	l.mu.Unlock()
	dev.SetLinkUp(true)
	if l.changed != nil {
		l.changed(true)
	}
}

// SetGroups lets frames for groups through the chip's filter. The driver does not
// lock itself for it, so it has to be the only one that uses the chip.
func (l *link) SetGroups(macs [][6]byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(macs) > maxGroups {
		return errGroups
	}
	if !l.busy { // else rejoin will tell them
		if err := l.insist(func() error { return l.chip.SetMulticastList(macs) }); err != nil {
			return err
		}
	}
	l.groups = macs
	return nil
}

// maxGroups is how many hardware addresses the driver tells the chip at once.
const maxGroups = 10

var errGroups = errors.New("cyw43439: the radio takes 10 groups at once")
