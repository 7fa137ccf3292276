package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/peterbourgon/ff/v3/ffcli"
	"golang.org/x/term"

	"github.com/tinynet/tinynet/netdev/tether/host"
)

// defaultSelf is 127.0.0.1 of this computer for a board on a tether.
const defaultSelf = "192.0.2.1"

// netOptions say what a board may do with this computer's network.
type netOptions struct {
	publish, allow, deny, dns list
	listen, addr, self        string
	loopback                  bool
}

// A list is a flag that may come several times, and have several values.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(s string) error {
	*l = append(*l, strings.Split(s, ",")...)
	return nil
}

func (o *netOptions) flags(fs *flag.FlagSet) {
	fs.Var(&o.publish, "publish", "put the board's port at an address here: `[ADDRESS:]PORT:BOARDPORT`[/tcp|/udp]")
	fs.StringVar(&o.listen, "listen", "", "put the board's other ports at `ADDRESS` here (default 127.0.0.1)")
	fs.Var(&o.allow, "allow", "let the board connect only where `RULE` says, and look up only such names")
	fs.Var(&o.deny, "deny", "do not let the board connect where `RULE` says")
	fs.StringVar(&o.addr, "addr", "", "tell the board that its `ADDRESS` is this")
	fs.StringVar(&o.self, "self", defaultSelf, "this computer's 127.0.0.1 is `ADDRESS` for the board, whose own 127.0.0.1 is itself")
	fs.BoolVar(&o.loopback, "loopback", false, "let the board connect to this computer's 127.0.0.1, at the address of -self, and to what else means this computer")
	fs.Var(&o.dns, "dns", "tell the board of the DNS server at `ADDRESS`[:PORT], for lookups of its own")
}

// given is the name of an option that is not as it is by default, or "".
func (o *netOptions) given() string {
	for _, option := range []struct {
		name  string
		given bool
	}{
		{"publish", len(o.publish) > 0}, {"listen", o.listen != ""}, {"allow", len(o.allow) > 0}, {"deny", len(o.deny) > 0},
		{"addr", o.addr != ""}, {"self", o.self != defaultSelf}, {"loopback", o.loopback}, {"dns", len(o.dns) > 0},
	} {
		if option.given {
			return option.name
		}
	}
	return ""
}

func (o *netOptions) config() (c host.Config, err error) {
	for _, s := range o.publish {
		p, err := host.ParsePublish(s)
		if err != nil {
			return c, usagef("%v", err)
		}
		c.Publish = append(c.Publish, p)
	}
	for _, s := range o.allow {
		r, err := host.ParseRule(s)
		if err != nil {
			return c, usagef("%v", err)
		}
		c.Rules.Allow = append(c.Rules.Allow, r)
	}
	for _, s := range o.deny {
		r, err := host.ParseRule(s)
		if err != nil {
			return c, usagef("%v", err)
		}
		c.Rules.Deny = append(c.Rules.Deny, r)
	}
	for _, s := range o.dns {
		at, err := netip.ParseAddrPort(s)
		if err != nil {
			ip, err := netip.ParseAddr(s)
			if err != nil {
				return c, usagef("-dns %s: want an address, and a port or none", s)
			}
			at = netip.AddrPortFrom(ip, 53)
		}
		c.Servers = append(c.Servers, at)
	}
	c.Loopback = o.loopback
	for _, a := range []struct {
		name, text string
		to         *netip.Addr
	}{{"listen", o.listen, &c.Listen}, {"addr", o.addr, &c.Addr}, {"self", o.self, &c.Self}} {
		if a.text == "" {
			continue
		}
		if *a.to, err = netip.ParseAddr(a.text); err != nil {
			return c, usagef("-%s %s: want an IP address", a.name, a.text)
		}
	}
	if err := c.Check(); err != nil {
		return c, usagef("%v", err)
	}
	return c, nil
}

// listening tells where a board's port is here.
func (t *tool) listening(network string, port uint16, at netip.AddrPort) {
	fmt.Fprintf(t.progress.writer(t.stderr), "tinynet: the board's %s port %d is at %v\n", network, port, at)
}

// fault tells of a fault in the tether that has ended a session.
func (t *tool) fault(err error) {
	fmt.Fprintf(t.progress.writer(t.stderr), "tinynet: %v\ntinynet: please report this\n", err)
}

func (t *tool) tetherCommand() *ffcli.Command {
	var opt netOptions
	var baud int
	c := t.command("tether", "tinynet tether [OPTIONS] PORT", "give a board on a serial line the network of this computer", `
The board's program has a device of package netdev/tether. Its calls come over
the line and are made here, with this computer's sockets; what it prints besides
is shown. PORT is

  /dev/ttyACM0, COM3   a serial port, or a pseudo-terminal
  unix:PATH            a unix socket, as emulators have
  tcp:HOST:PORT        a TCP connection, likewise

What the board listens on is at 127.0.0.1 here, with the same port, unless
-publish or -listen say otherwise. A RULE is WHERE or WHERE:PORT or
WHERE:PORT-PORT, and WHERE an address, a prefix (10.0.0.0/8), a name
(example.com, *.example.com) or *. With an -allow, nothing else is allowed; what
a -deny forbids is forbidden in any case. A name's addresses are those that the
board got when it looked the name up. Rules see an address in its plain form
only, whatever the board calls it: ::ffff:10.0.0.1 is 10.0.0.1, and 0.0.0.0 is
127.0.0.1. Options may come several times, or have several values with commas
between them.

If the serial port goes away, the command waits for it: a board that was reset
begins anew, and with one that was not all goes on. It ends within two seconds of
an interrupt (at once of a second one), and when a socket's other end does.

Examples:
  tinynet tether -publish 8080:80 /dev/ttyACM0
  tinynet tether -allow example.com:443 -deny 10.0.0.0/8 /dev/ttyUSB0
  tinynet tether unix:/tmp/board.sock`,
		func(ctx context.Context, args []string) error {
			if len(args) != 1 {
				return usagef("name the serial port that the board is on, such as /dev/ttyACM0")
			}
			return t.tether(ctx, opt, args[0], baud)
		})
	// It builds nothing, so there is no release to choose.
	c.FlagSet = flag.NewFlagSet("tether", flag.ContinueOnError)
	c.FlagSet.SetOutput(io.Discard)
	c.FlagSet.IntVar(&baud, "baud", 115200, "speed of a serial port, in bits per second (`BAUD`; USB ignores it)")
	opt.flags(c.FlagSet)
	return c
}

// reopenPause is how long to wait for a serial port that went away.
const reopenPause = 300 * time.Millisecond

func (t *tool) tether(ctx context.Context, opt netOptions, port string, baud int) error {
	conf, err := opt.config()
	if err != nil {
		return err
	}
	conf.Console = t.stdout
	conf.Listening = t.listening
	conf.Fault = t.fault
	conf.Session = func(up bool) {
		if up {
			fmt.Fprintf(t.stderr, "tinynet: a board is on %s\n", port)
		} else {
			fmt.Fprintf(t.stderr, "tinynet: the board on %s has gone or begun anew; its connections are closed\n", port)
		}
	}
	socket := strings.HasPrefix(port, "unix:") || strings.HasPrefix(port, "tcp:")
	if !socket {
		// A slow line: what waits for it holds up all others.
		conf.Frame, conf.Window = 512, 8
	}
	h := host.New(conf)
	defer h.Close()
	for opened := false; ; opened = true {
		line, err := openPort(ctx, port, baud)
		if err != nil {
			if !opened || socket {
				return err
			}
			if err := pause(ctx, reopenPause); err != nil {
				return nil
			}
			continue
		}
		if opened {
			fmt.Fprintf(t.stderr, "tinynet: %s is back\n", port)
		}
		err = h.Serve(ctx, line)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, host.ErrVersion):
			return fmt.Errorf("%w; build its program with the tether of this release of tinynet", err)
		case socket && errors.Is(err, io.EOF):
			return nil
		case socket:
			return fmt.Errorf("the line %s: %w", port, err)
		}
		fmt.Fprintf(t.stderr, "tinynet: %s has gone (%v); waiting for it\n", port, err)
		if pause(ctx, reopenPause) != nil {
			return nil
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

var serialPort = openSerial // a test under Wine reads from it in another way

// openPort opens a line to a board.
func openPort(ctx context.Context, port string, baud int) (io.ReadWriteCloser, error) {
	if network, at, ok := strings.Cut(port, ":"); ok && (network == "unix" || network == "tcp") {
		var d net.Dialer
		conn, err := d.DialContext(ctx, network, at)
		if err != nil {
			return nil, fmt.Errorf("open the line %s: %w\nIs the emulator running, and its serial port a socket that waits for connections?", port, err)
		}
		return conn, nil
	}
	line, err := serialPort(port, baud)
	if err == nil {
		return line, nil
	}
	if f := rawTerminal(port); f != nil {
		return f, nil
	}
	hint := "Is the board plugged in?"
	if names := serialPorts(); len(names) > 0 {
		hint += " There are " + strings.Join(names, ", ")
	}
	if errors.Is(err, fs.ErrPermission) || strings.Contains(strings.ToLower(err.Error()), "permission") {
		hint = "On Linux, the group dialout may use serial ports: sudo usermod -aG dialout $USER, then log in again"
	}
	return nil, fmt.Errorf("open the serial port %s: %w\n%s", port, err, hint)
}

// rawTerminal opens a terminal that is no serial port, such as a
// pseudo-terminal; nil if it is none.
func rawTerminal(name string) *os.File {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil
	}
	if _, err := term.MakeRaw(int(f.Fd())); err != nil {
		f.Close()
		return nil
	}
	f.Close()
	// Again, for Fd has made it one whose Read a Close would not end.
	if f, err = os.OpenFile(name, os.O_RDWR, 0); err != nil {
		return nil
	}
	return f
}
