//go:build tinynet_port

package behaviour_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev/simdev"
)

// eachDevice runs a test over the simulated devices, changed.
func eachDevice(t *testing.T, change func(*simdev.Config), f func(t *testing.T, w *world)) {
	t.Helper()
	t.Logf("-seed=%d", *seed)
	for _, conf := range simdev.Profiles {
		conf = conf.Faster(20)
		conf.Seed = *seed
		change(&conf)
		t.Run(conf.Name, func(t *testing.T) { over(t, conf, f) })
	}
}

func TestShortReadsAndWrites(t *testing.T) {
	short := func(c *simdev.Config) { c.Faults = simdev.Faults{ShortReads: 2, ShortWrites: 2} }
	eachDevice(t, short, func(t *testing.T, w *world) {
		c, p := w.connect(t)
		exchange(t, c, p, bytesOf(20000))
		exchange(t, p, c, bytesOf(20000))
	})
}

func TestDelays(t *testing.T) {
	late := func(c *simdev.Config) { c.Delay = 2 * time.Millisecond }
	eachDevice(t, late, func(t *testing.T, w *world) {
		c, p := w.connect(t)
		exchange(t, c, p, bytesOf(10000))
		exchange(t, p, c, bytesOf(10000))
	})
}

// TestTransient has calls fail at random, and return what makes no sense. A
// program that tries again loses nothing.
func TestTransient(t *testing.T) {
	for name, faults := range map[string]simdev.Faults{
		"transient": {Transient: 4},
		"nonsense":  {Nonsense: 4},
	} {
		t.Run(name, func(t *testing.T) {
			eachDevice(t, func(c *simdev.Config) { c.Faults = faults }, func(t *testing.T, w *world) {
				c, p := w.connect(t)
				want := bytesOf(8000)
				var got bytes.Buffer
				read := inBackground(func() error {
					_, err := io.CopyN(&got, p, int64(len(want)))
					return err
				})
				failures := 0
				for at := 0; at < len(want); {
					n, err := c.Write(want[at:min(at+500, len(want))])
					if n < 0 || n > 500 {
						t.Fatalf("Write of 500 bytes gives %d, %v", n, err)
					}
					at += n
					if err != nil {
						wantOp(t, "Write", "write", err)
						if failures++; failures > 1000 {
							t.Fatal(err)
						}
					}
				}
				if err := soon(t, "the peer's Read", read); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got.Bytes(), want) {
					t.Error("the peer got something else")
				}
				sent := inBackground(func() error { _, err := p.Write(want); return err })
				got.Reset()
				buf := make([]byte, 500)
				for got.Len() < len(want) {
					n, err := c.Read(buf)
					if n < 0 || n > len(buf) || n == 0 && err == nil {
						t.Fatalf("Read gives %d, %v", n, err)
					}
					got.Write(buf[:n])
					if err != nil {
						if failures++; failures > 1000 {
							t.Fatal(err)
						}
					}
				}
				if err := soon(t, "the peer's Write", sent); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got.Bytes(), want) {
					t.Error("Read got something else")
				}
				t.Logf("%d calls failed", failures)
			})
		})
	}
}

func TestLinkLoss(t *testing.T) {
	eachDevice(t, func(*simdev.Config) {}, func(t *testing.T, w *world) {
		c, p := w.connect(t)
		exchange(t, p, c, bytesOf(1000))
		w.dev.SetLink(false)
		if _, err := p.Write([]byte("held up")); err != nil {
			t.Fatal(err)
		}
		c.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
		if !w.greedy() {
			_, err := c.Read(make([]byte, 100))
			wantTimeout(t, "Read without a link", "read", err)
		}
		c.SetReadDeadline(time.Time{})
		c.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
		want := bytesOf(50000)
		n, err := c.Write(want)
		wantTimeout(t, "Write without a link", "write", err)
		if w.sockets() > 1 {
			_, err = net.DialTimeout("tcp", p.LocalAddr().String(), 10*time.Millisecond)
			wantOp(t, "Dial without a link", "dial", err)
		}
		w.dev.SetLink(true)
		got := make([]byte, n)
		if _, err := io.ReadFull(p, got); err != nil || !bytes.Equal(got, want[:n]) {
			t.Errorf("after the link is back, the peer reads %v", err)
		}
		buf := make([]byte, 7)
		if _, err := io.ReadFull(c, buf); err != nil || string(buf) != "held up" {
			t.Errorf("after the link is back, Read gives %q, %v", buf, err)
		}
	})
}

func TestSlowDNS(t *testing.T) {
	slow := func(c *simdev.Config) { c.DNSDelay = time.Hour }
	eachDevice(t, slow, func(t *testing.T, w *world) {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		defer cancel()
		done := inBackground(func() error {
			_, err := net.DefaultResolver.LookupHost(ctx, "peer.example")
			return err
		})
		err := soon(t, "LookupHost", done)
		var de *net.DNSError
		if !errors.As(err, &de) || !de.IsTimeout {
			t.Errorf("LookupHost gives %v, want a *DNSError that is a timeout", err)
		}
		done = inBackground(func() error {
			_, err := net.DialTimeout("tcp", "peer.example:80", 10*time.Millisecond)
			return err
		})
		if err := soon(t, "Dial", done); !os.IsTimeout(err) && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Dial gives %v, want a timeout", err)
		}
	})
}
