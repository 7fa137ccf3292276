// Httphioverlneto is a web server with httphi over lneto's own API, without net, to hold
// its size against those of httphiovernet and httpovernet.
package main

import (
	"time"

	"github.com/soypat/lneto"
	"github.com/soypat/lneto/tcp"
	"github.com/soypat/lneto/x/xnet"

	"github.com/tinynet/tinynet/bench/lneto/internal/bare"
	"github.com/tinynet/tinynet/bench/lneto/internal/page"
)

func main() { println(run().Error()) }

// run serves until there is an error.
func run() error {
	stack, err := bare.Up()
	if err != nil {
		return err
	}
	pool, err := xnet.NewTCPPool(xnet.TCPPoolConfig{
		PoolSize:           4,
		QueueSize:          4,
		TxBufSize:          2920,
		RxBufSize:          2920,
		NanoTime:           func() int64 { return time.Now().UnixNano() },
		EstablishedTimeout: 10 * time.Second,
		ClosingTimeout:     10 * time.Second,
		NewBackoff:         func() lneto.BackoffStrategy { return bare.Wait },
	})
	if err != nil {
		return err
	}
	var l tcp.Listener
	if err := l.Reset(80, pool); err != nil {
		return err
	}
	if err := stack.RegisterListenerTCP(&l); err != nil {
		return err
	}
	router, err := page.Router()
	if err != nil {
		return err
	}
	for {
		if l.NumberOfReadyToAccept() == 0 {
			time.Sleep(bare.Pause)
			continue
		}
		c, _, err := l.TryAccept()
		if err != nil {
			return err
		}
		if router.Handle(c) != nil {
			c.Close()
		}
	}
}
