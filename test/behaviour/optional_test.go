//go:build tinynet_port

package behaviour_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/simdev"
)

func TestInterfaces(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		all, err := net.Interfaces()
		if err != nil {
			t.Fatal(err)
		}
		loopback, found := 0, false
		for _, ifi := range all {
			if ifi.Flags&net.FlagLoopback != 0 {
				loopback++
			}
			byName, err := net.InterfaceByName(ifi.Name)
			if err != nil || byName.Index != ifi.Index {
				t.Errorf("InterfaceByName(%q) = %v, %v, want index %d", ifi.Name, byName, err, ifi.Index)
			}
			byIndex, err := net.InterfaceByIndex(ifi.Index)
			if err != nil || byIndex.Name != ifi.Name {
				t.Errorf("InterfaceByIndex(%d) = %v, %v, want %q", ifi.Index, byIndex, err, ifi.Name)
			}
			addrs, err := ifi.Addrs()
			if err != nil {
				t.Errorf("%s: Addrs: %v", ifi.Name, err)
			}
			for _, a := range addrs {
				found = found || a.(*net.IPNet).IP.Equal(w.ip.AsSlice())
			}
		}
		if loopback != 1 {
			t.Errorf("%d loopback interfaces in %v", loopback, all)
		}
		if !found {
			t.Errorf("no interface has our address %v", w.ip)
		}
		if _, err := net.InterfaceByName("nosuch0"); err == nil {
			t.Error("InterfaceByName finds an interface that is not there")
		}
		if _, err := net.InterfaceByIndex(4711); err == nil {
			t.Error("InterfaceByIndex finds an interface that is not there")
		}
	})
}

// A groupDevice writes down what is asked of it about multicast.
type groupDevice struct {
	netdev.Netdever
	netdev.Datagrammer
	netdev.Interfacer
	asked []string
	fail  error
}

func (d *groupDevice) JoinGroup(sockfd int, group netip.Addr, ifindex int) error {
	d.asked = append(d.asked, fmt.Sprint("join ", group, " on ", ifindex))
	return d.fail
}

func (d *groupDevice) SetMulticastInterface(sockfd int, ip6 bool, ifindex int) error {
	d.asked = append(d.asked, fmt.Sprint("out by ", ifindex))
	return nil
}

func (d *groupDevice) SetMulticastLoopback(sockfd int, ip6 bool, on bool) error {
	d.asked = append(d.asked, fmt.Sprint("loopback ", on))
	return nil
}

func TestMulticast(t *testing.T) {
	wire := simdev.NewNetwork()
	sim := wire.Join(simdev.Profile("good").At("10.0.0.1"))
	defer sim.Halt()
	full := sim.Netdever()
	dev := &groupDevice{Netdever: full, Datagrammer: full.(netdev.Datagrammer), Interfacer: full.(netdev.Interfacer)}
	netdev.Use(dev)
	defer netdev.Use(nil)
	group := &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}

	ifi, err := net.InterfaceByName("sim0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.ListenMulticastUDP("udp4", ifi, group)
	if err != nil {
		t.Fatal(err)
	}
	if port := c.LocalAddr().(*net.UDPAddr).Port; port != group.Port {
		t.Errorf("it listens on port %d", port)
	}
	c.Close()
	if want := []string{"out by 2", "loopback false", "join 224.0.0.251 on 2"}; !slices.Equal(dev.asked, want) {
		t.Errorf("the device was asked for %q, want %q", dev.asked, want)
	}

	dev.asked, dev.fail = nil, errors.New("no more groups")
	if _, err := net.ListenMulticastUDP("udp4", nil, group); !errors.Is(err, dev.fail) {
		t.Errorf("ListenMulticastUDP gives %v, want the device's %v", err, dev.fail)
	}
	if want := []string{"loopback false", "join 224.0.0.251 on 0"}; !slices.Equal(dev.asked, want) {
		t.Errorf("the device was asked for %q, want %q", dev.asked, want)
	}
	if !sim.AwaitSockets(0, patience) {
		t.Errorf("%d sockets are left", sim.OpenSockets())
	}
}

func TestNoMulticast(t *testing.T) {
	over(t, simdev.Profile("good"), func(t *testing.T, w *world) {
		_, err := net.ListenMulticastUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353})
		var oe *net.OpError
		if !errors.As(err, &oe) || !errors.Is(err, syscall.ENOTSUP) || !strings.Contains(err.Error(), "multicast") {
			t.Errorf("ListenMulticastUDP gives %v, want an *OpError that says multicast", err)
		}
	})
}

// A namingDevice is a device of somebody else's that has unix sockets: the
// loopback, seen from outside.
type namingDevice struct {
	netdev.Netdever
	netdev.UnixNamer
	netdev.Deadliner
	netdev.Datagrammer
}

func TestUnixNamer(t *testing.T) {
	loop := netdev.Loopback()
	netdev.Use(&namingDevice{loop, loop.(netdev.UnixNamer), loop.(netdev.Deadliner), loop.(netdev.Datagrammer)})
	defer netdev.Use(nil)
	l, err := net.Listen("unix", "/run/echo")
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
			io.Copy(c, c)
			c.Close()
		}
	}()
	c, err := net.Dial("unix", "/run/echo")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if a := c.RemoteAddr().String(); a != "/run/echo" {
		t.Errorf("the remote address is %q", a)
	}
	buf := make([]byte, 5)
	if _, err := c.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, buf); err != nil || string(buf) != "hello" {
		t.Errorf("echo: %q, %v", buf, err)
	}

	a, err := net.ListenPacket("unixgram", "/run/a")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := net.ListenPacket("unixgram", "/run/b")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.WriteTo([]byte("datagram"), a.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	buf = make([]byte, 20)
	n, from, err := a.ReadFrom(buf)
	if err != nil || string(buf[:n]) != "datagram" || from.String() != "/run/b" {
		t.Errorf("ReadFrom: %q from %v, %v", buf[:n], from, err)
	}
}
