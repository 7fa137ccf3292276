//go:build linux

package lneto_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	stack "github.com/soypat/lneto"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/devtest"
	"github.com/tinynet/tinynet/netdev/lneto"
	"github.com/tinynet/tinynet/netdev/lneto/cable"
	"github.com/tinynet/tinynet/netdev/lneto/tap"
)

// inNamespace is set for a test process that has a network of its own.
const inNamespace = "TINYNET_LNETO_NAMESPACE"

// TestOverTAP runs the tests TestTAP... in a network namespace of their own, in
// which the device's peer is Linux.
func TestOverTAP(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root makes network namespaces and TAP devices")
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		t.Skip("there is no /dev/net/tun")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"-test.run=^TestTAP", "-test.v"}
	if testing.Short() {
		args = append(args, "-test.short")
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), inNamespace+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Skip("no network namespace: ", err)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: TestTAP") {
		t.Errorf("%v\n%s", err, out)
	} else {
		t.Logf("%s", out)
	}
}

var linuxAddr = netip.MustParsePrefix("10.7.0.200/24")

// overTAP is a device and Linux on one wire.
func overTAP(t testing.TB, f cable.Faults, conf lneto.Config) (*lneto.Device, devtest.Peer, *cable.Wire) {
	t.Helper()
	return onTheWay(t, f, conf, func(frame []byte) [][]byte { return [][]byte{frame} })
}

// onTheWay is overTAP with something that makes of each frame for Linux others.
func onTheWay(t testing.TB, f cable.Faults, conf lneto.Config, way func(frame []byte) [][]byte) (*lneto.Device, devtest.Peer, *cable.Wire) {
	t.Helper()
	if os.Getenv(inNamespace) == "" {
		t.Skip("TestOverTAP runs it")
	}
	w := cable.New(f)
	link, err := tap.Open("tap0", linuxAddr, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := tap.Up("lo"); err != nil {
		t.Fatal(err)
	}
	p := w.Join()
	p.Receive(func(frame []byte) {
		for _, f := range way(frame) {
			link.Send(f)
		}
	})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		link.Receive(func(frame []byte) { p.Send(frame) })
	}()
	t.Cleanup(func() {
		link.Close()
		p.Close()
		<-ended
	})
	return plug(t, w, at(1, conf)), devtest.Computer(linuxAddr.Addr()), w
}

func TestTAPRules(t *testing.T) {
	devtest.Run(t, func(t *testing.T) devtest.Setup {
		dev, peer, w := overTAP(t, cable.Faults{}, lneto.Config{DNS: []netip.Addr{netip.AddrFrom4([4]byte{10, 7, 0, 53})}})
		serveNames(t, w, 53, map[string]netip.Addr{"linux.example": linuxAddr.Addr()})
		return devtest.Setup{Dev: dev, Peer: peer, Host: "linux.example"}
	})
}

func TestTAPThousand(t *testing.T) { thousand(t, overTAP) }
func TestTAPFifty(t *testing.T)    { fifty(t, overTAP) }
func TestTAPHalfOpen(t *testing.T) { halfOpen(t, overTAP) }
func TestTAPVanish(t *testing.T)   { vanish(t, overTAP) }

// TestTAPTransfer sends streams to Linux, and back, over bad wires.
func TestTAPTransfer(t *testing.T) {
	for _, test := range faulty {
		t.Run(test.name, func(t *testing.T) {
			n := size(t)
			if test.faults.Loss > 0 && test.faults.Loss < 20 && os.Getenv("TINYNET_TRANSFER") == "" {
				n /= 10
			}
			dev, peer, w := overTAP(t, cable.Faults{}, lneto.Config{})
			l, to := listening(t, dev)
			conn := must(peer.Dial(to))(t).(*net.TCPConn)
			defer conn.Close()
			num, _, err := dev.Accept(l)
			if err != nil {
				t.Fatal(err)
			}
			w.Set(test.faults)
			start := time.Now()
			if err := transferToLinux(dev, num, conn, n); err != nil {
				t.Error(err)
			}
			t.Logf("%d bytes each way in %v; wire %+v; device %+v", n, time.Since(start).Round(time.Millisecond), w.Counts(), dev.Statistics())
		})
	}
}

func transferToLinux(dev *lneto.Device, num int, conn *net.TCPConn, n int) error {
	errs := make(chan error, 4)
	go func() {
		err := sendAll(dev, num, newStream(1), n)
		errs <- errors.Join(err, dev.Shutdown(num, netdev.SHUT_WR))
	}()
	go func() { errs <- receiveAll(dev, num, newStream(2), n) }()
	go func() {
		s, buf := newStream(2), make([]byte, 10000)
		for left := n; left > 0; {
			part := buf[:min(left, len(buf))]
			s.next(part)
			if _, err := conn.Write(part); err != nil {
				errs <- err
				return
			}
			left -= len(part)
		}
		errs <- conn.CloseWrite()
	}()
	go func() {
		s, buf, want := newStream(1), make([]byte, 10000), make([]byte, 10000)
		for done := 0; ; {
			m, err := conn.Read(buf)
			s.next(want[:m])
			if !bytes.Equal(buf[:m], want[:m]) {
				errs <- fmt.Errorf("%w for Linux between %d and %d", errWrong, done, done+m)
				return
			}
			if done += m; err != nil {
				if err == io.EOF && done == n {
					err = nil
				}
				errs <- err
				return
			}
		}
	}()
	var all error
	for range 4 {
		all = errors.Join(all, <-errs)
	}
	return all
}

// TestTAPSmallPath has a router on the way to Linux that takes packets of 576 bytes
// at most. It takes larger ones apart, or drops those that may not be.
func TestTAPSmallPath(t *testing.T) {
	const most = 576
	var apart, dropped atomic.Int32
	dev, peer, _ := onTheWay(t, cable.Faults{}, lneto.Config{}, func(frame []byte) (pieces [][]byte) {
		p := frame[14:]
		switch {
		case isARP(frame), int(binary.BigEndian.Uint16(p[2:])) <= most:
			return [][]byte{frame}
		case p[6]&0x40 != 0:
			dropped.Add(1)
			return nil
		}
		apart.Add(1)
		body := p[20:binary.BigEndian.Uint16(p[2:])]
		const step = (most - 20) / 8 * 8
		for at := 0; at < len(body); at += step {
			end := min(at+step, len(body))
			f := append(append([]byte(nil), frame[:34]...), body[at:end]...)
			binary.BigEndian.PutUint16(f[16:], uint16(20+end-at))
			flags := uint16(at / 8)
			if end < len(body) {
				flags |= 0x2000
			}
			binary.BigEndian.PutUint16(f[20:], flags)
			var sum stack.CRC791
			f[24], f[25] = 0, 0
			binary.BigEndian.PutUint16(f[24:], sum.PayloadSum16(f[14:34]))
			pieces = append(pieces, f)
		}
		return pieces
	})
	l, to := listening(t, dev)
	conn := must(peer.Dial(to))(t).(*net.TCPConn)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(60 * time.Second))
	num, _, err := dev.Accept(l)
	if err != nil {
		t.Fatal(err)
	}
	if err := transferToLinux(dev, num, conn, 100_000); err != nil {
		t.Error(err)
	}
	if apart.Load() == 0 || dropped.Load() > 0 {
		t.Errorf("%d packets were taken apart, and %d dropped; want some, and none", apart.Load(), dropped.Load())
	}
}
