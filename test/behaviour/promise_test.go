//go:build tinynet_port

package behaviour_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/simdev"
)

// TestDialByName dials names over devices that take no network but "ip", "ip4"
// and "ip6" for looking them up.
func TestDialByName(t *testing.T) {
	for _, name := range []string{"good", "interrupting", "wifinina"} {
		over(t, simdev.Profile(name).Faster(10), func(t *testing.T, w *world) {
			l, err := w.peer.Listen()
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					c.Close()
				}
			}()
			_, port, _ := net.SplitHostPort(l.Addr().String())
			for _, network := range []string{"tcp", "tcp4", "udp", "udp4"} {
				c, err := net.DialTimeout(network, "peer.example:"+port, patience)
				if err != nil {
					t.Errorf("Dial(%q): %v, want a connection", network, err)
					continue
				}
				c.Close()
			}
			for _, network := range []string{"tcp6", "udp6"} {
				if _, err := net.DialTimeout(network, "peer.example:"+port, patience); err == nil {
					t.Errorf("Dial(%q) of a name with an IPv4 address alone succeeds", network)
				}
			}
			_, err = net.DialTimeout("tcp", "nobody.example:80", patience)
			var de *net.DNSError
			if !errors.As(err, &de) || !de.IsNotFound {
				t.Errorf("Dial of a name that does not exist gives %v, want a *DNSError with IsNotFound", err)
			}
			for network, want := range map[string]int{"ip": 1, "ip4": 1, "ip6": 0} {
				ips, err := net.DefaultResolver.LookupIP(context.Background(), network, "peer.example")
				if len(ips) != want || (err == nil) != (want > 0) {
					t.Errorf("LookupIP(%q) = %v, %v, want %d addresses", network, ips, err, want)
				}
			}
		})
	}
}

// TestExhausted has a client of two servers on devices with room for one
// connection: it has to close the one to have the other, whatever the device's
// words for that are, and whichever call says them.
func TestExhausted(t *testing.T) {
	for name, change := range map[string]func(*simdev.Config){
		"no socket":        func(c *simdev.Config) { c.MaxSockets = 1 },
		"words, Connect":   func(c *simdev.Config) { c.MaxConnections = 1 },
		"words, Deadlines": func(c *simdev.Config) { c.MaxConnections, c.Methods = 1, simdev.All },
	} {
		t.Run(name, func(t *testing.T) {
			conf := simdev.Profile("lneto")
			change(&conf)
			over(t, conf, func(t *testing.T, w *world) {
				var urls []string
				for _, name := range []string{"time", "readings"} {
					l, err := w.peer.Listen()
					if err != nil {
						t.Fatal(err)
					}
					srv := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { io.WriteString(rw, name) })}
					go srv.Serve(l)
					defer srv.Close()
					urls = append(urls, "http://"+l.Addr().String())
				}
				tr := &http.Transport{}
				defer tr.CloseIdleConnections()
				c := &http.Client{Transport: tr, Timeout: patience}
				for i := range 6 {
					r, err := c.Get(urls[i%2])
					if err != nil {
						t.Fatalf("request %d: %v, want an answer", i, err)
					}
					body, err := io.ReadAll(r.Body)
					r.Body.Close()
					if want := []string{"time", "readings"}[i%2]; string(body) != want || err != nil {
						t.Errorf("request %d gives %q, %v, want %q", i, body, err, want)
					}
				}
			})
		})
	}
}

// TestKnownErrors has devices say with words alone what has happened: programs
// know it all the same.
func TestKnownErrors(t *testing.T) {
	for _, test := range []struct {
		says    string
		is      error
		timeout bool
	}{
		{"No more sockets", syscall.EMFILE, false},                  // tinygo.org/x/drivers
		{"resource exhausted", syscall.EMFILE, false},               // lneto
		{"Connect to 1.2.3.4:80 timed out", nil, true},              // espat
		{"cywnet: deadline exceeded", os.ErrDeadlineExceeded, true}, // lneto
		{"tcp failed to connect", syscall.ECONNREFUSED, false},      // lneto
		{"socket 3: Connection Refused", syscall.ECONNREFUSED, false},
		{"Connect to 1.2.3.4:80 failed", nil, false}, // wifinina: it may be anything
	} {
		over(t, simdev.Profile("good"), func(t *testing.T, w *world) {
			dev := w.dev.Netdever()
			netdev.Use(&wordy{dev, dev.(netdev.Deadliner), errors.New(test.says)})
			_, err := net.DialTimeout("tcp", "10.0.0.2:80", patience)
			ne, ok := err.(net.Error) // TinyGo's errors.As panics for an interface
			if !ok || !strings.Contains(err.Error(), test.says) {
				t.Fatalf("Dial gives %v, want a net.Error that says %q", err, test.says)
			}
			if ne.Timeout() != test.timeout {
				t.Errorf("%v: Timeout is %v, want %v", err, ne.Timeout(), test.timeout)
			}
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("%v is not %v", err, test.is)
			}
			for _, other := range []error{syscall.ECONNREFUSED, syscall.EMFILE, syscall.EADDRINUSE, os.ErrDeadlineExceeded} {
				if other != test.is && errors.Is(err, other) {
					t.Errorf("%v is %v, too", err, other)
				}
			}
		})
	}
}

type wordy struct {
	netdev.Netdever
	netdev.Deadliner
	err error
}

func (d *wordy) Connect(int, string, netip.AddrPort) error { return d.err }

// TestUDPNobody has a server in the usual form on devices that do not tell who
// has sent a datagram.
func TestUDPNobody(t *testing.T) {
	over(t, simdev.Profile("wifinina").Faster(10), func(t *testing.T, w *world) {
		c := w.listenUDP(t, ":0")
		p := w.peerUDP(t)
		port := addrPort(c.LocalAddr()).Port()
		p.WriteTo([]byte("question"), net.UDPAddrFromAddrPort(netip.AddrPortFrom(w.ip, port)))
		buf := make([]byte, 100)
		n, from, err := c.ReadFrom(buf)
		if string(buf[:n]) != "question" || err != nil {
			t.Fatalf("ReadFrom gives %q, %v", buf[:n], err)
		}
		if got := fmt.Sprint(from.String(), " ", from.Network()); got != "0.0.0.0:0 udp" {
			t.Errorf("the sender is %q, want one that says that nobody knows it", got)
		}
		if _, err := c.WriteTo(buf[:n], from); !errors.Is(err, syscall.ENOTSUP) || !strings.Contains(err.Error(), "SendTo") {
			t.Errorf("WriteTo gives %v, want an error that names what the device lacks", err)
		}
	})
}

// TestDatagramsWhole has datagrams of all sizes over devices to which net talks
// through buffers of its own: none is cut, and none is taken for two.
func TestDatagramsWhole(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.peerUDP(t)
		c, err := net.Dial("udp", p.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		most := 1900
		if w.datagram > 0 {
			most = w.datagram
		}
		buf, back := make([]byte, 4000), make([]byte, 4000)
		for _, size := range []int{1, 536, 537, 1400, 1460, 1461, most} {
			if n, err := c.Write(bytesOf(size)); n != size || err != nil {
				t.Fatalf("Write of %d bytes gives %d, %v", size, n, err)
			}
			n, from, err := p.ReadFrom(buf)
			if err != nil || !bytes.Equal(buf[:n], bytesOf(size)) {
				t.Fatalf("of %d bytes the peer gets %d, %v", size, n, err)
			}
			// A Read with little room has left at its deadline before.
			c.SetReadDeadline(time.Now().Add(time.Millisecond))
			if n, err := c.Read(back[:3]); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatalf("Read of nothing gives %d, %v", n, err)
			}
			c.SetReadDeadline(time.Now().Add(patience))
			// What a Read with little room has left ready for a longer datagram.
			ready := 1460
			if boardLimits {
				ready = 536
			}
			small := size
			if size > ready {
				small = min(size, 536)
			}
			p.WriteTo(buf[:small], from)
			if n, err := c.Read(back); err != nil || !bytes.Equal(back[:n], bytesOf(size)[:small]) {
				t.Fatalf("of %d bytes %d come back, %v", small, n, err)
			}
			p.WriteTo(buf[:n], from)
			p.WriteTo([]byte("next"), from)
			cut := n > 1
			if n, err := c.Read(back[:1]); cut && w.onWindows() {
				if !errors.Is(err, w.errnoOf(syscall.EMSGSIZE)) {
					t.Fatalf("Read of one byte gives %d, %v, want Windows' error, as with Go's own net", n, err)
				}
			} else if n != 1 || err != nil {
				t.Fatalf("Read of one byte gives %d, %v", n, err)
			}
			if n, err := c.Read(back); string(back[:n]) != "next" || err != nil {
				t.Fatalf("the next datagram is %d bytes, %v", n, err)
			}
		}
	})
}

// TestUnixgramWhole has more unix datagrams than the receiver has room for: they
// wait, as on a system, and none is lost.
func TestUnixgramWhole(t *testing.T) {
	netdev.Use(netdev.Loopback())
	defer netdev.Use(nil)
	r, err := net.ListenPacket("unixgram", "/whole/r")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s, err := net.Dial("unixgram", "/whole/r")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const count = 2000
	sent := inBackground(func() error {
		for i := range count {
			if _, err := fmt.Fprintf(s, "%d", i); err != nil {
				return err
			}
		}
		return nil
	})
	buf := make([]byte, 100)
	for i := range count {
		r.SetReadDeadline(time.Now().Add(patience))
		n, _, err := r.ReadFrom(buf)
		if err != nil || string(buf[:n]) != fmt.Sprint(i) {
			t.Fatalf("datagram %d is %q, %v", i, buf[:n], err)
		}
	}
	if err := soon(t, "the sender", sent); err != nil {
		t.Fatal(err)
	}
	// Nobody reads: the writer ends at its deadline, or when the reader has gone.
	full := func() error {
		for {
			if _, err := s.Write(make([]byte, 50)); err != nil {
				return err
			}
		}
	}
	s.SetWriteDeadline(time.Now().Add(5 * time.Millisecond))
	if err := full(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a Write without room gives %v, want its deadline's error", err)
	}
	s.SetWriteDeadline(time.Time{})
	blocked := inBackground(full)
	r.Close()
	if err := soon(t, "Write to a socket that is closed", blocked); err == nil {
		t.Error("a Write to a socket that is closed succeeds for ever")
	}
}

// TestControlDescriptor has Control hand out a number that is nobody's file.
func TestControlDescriptor(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, _ := w.connect(t)
		raw, err := c.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		given := uintptr(0)
		if err := raw.Control(func(fd uintptr) { given = fd }); err != nil {
			t.Fatalf("Control: %v", err)
		}
		if w.name == "host" {
			return
		}
		if given != ^uintptr(0) {
			t.Errorf("Control hands out %d, want a number that is no descriptor", given)
		}
	})
}
