package lneto

import "sync"

// A NetDev is hardware as the drivers of ESP32's radio
// (tinygo.org/x/espradio.NetDev) and others in lneto's world have it.
type NetDev interface {
	HardwareAddr6() ([6]byte, error)
	// SendEthFrame sends a frame.
	SendEthFrame(frame []byte) error
	// SetEthRecvHandler says who takes the frames that arrive.
	SetEthRecvHandler(handler func(frame []byte) error)
	// EthPoll hands frames that have arrived to the handler, with buf for them in
	// between, and reports whether there were any.
	EthPoll(buf []byte) (bool, error)
}

// NewPolled is New for a NetDev. The hardware address is the NetDev's own.
func NewPolled(dev NetDev, conf Config) (*Device, error) {
	mac, err := dev.HardwareAddr6()
	if err != nil {
		return nil, err
	}
	conf.MAC = mac
	p := &polled{dev: dev, buf: make([]byte, 1600)}
	// Polls, which begin with New, wait until the device is there.
	p.ready.Lock()
	defer p.ready.Unlock()
	d, err := New(p, conf)
	if err != nil {
		return nil, err
	}
	dev.SetEthRecvHandler(func(frame []byte) error {
		d.Receive(frame)
		return nil
	})
	return d, nil
}

// polled is a NetDev as a Link.
type polled struct {
	dev   NetDev
	buf   []byte
	ready sync.Mutex
}

var _ Poller = (*polled)(nil)

func (p *polled) Send(frame []byte) error { return p.dev.SendEthFrame(frame) }

func (p *polled) Poll() (more bool, err error) {
	p.ready.Lock()
	defer p.ready.Unlock()
	return p.dev.EthPoll(p.buf)
}
