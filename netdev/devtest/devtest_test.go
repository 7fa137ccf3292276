package devtest_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/devtest"
	"github.com/tinynet/tinynet/netdev/simdev"
)

// setup is a simulated device and a peer that has no faults.
func setup(conf simdev.Config) (devtest.Setup, error) {
	wire := simdev.NewNetwork()
	ip := netip.MustParseAddr("10.0.0.2")
	conf.Names = map[string]netip.Addr{"peer.example": ip}
	dev := wire.Join(conf)
	other := wire.Join(simdev.Profile("good").At(ip.String()))
	peer, err := devtest.Device(other.Netdever())
	return devtest.Setup{Dev: dev.Netdever(), Peer: peer, Host: "peer.example", Close: func() {
		dev.Halt()
		other.Halt()
	}}, err
}

// broken are the rules that each profile breaks.
var broken = map[string]string{
	"good":         "",
	"interrupting": "",
	"datagrams":    "",
	"wifinina":     "deadline-prompt recv-prompt close-recv options accept-silent close-accept",
	"rtl8720dn":    "deadline-prompt recv-prompt reset close-recv options accept-lock",
	"espat":        "sockets deadline-prompt recv-prompt options listen",
	"comboat":      "recv-deadline duplex others close-recv options listen",
	"w5500-like":   "",
	"lneto":        "deadline-cleared eof errors tls",
}

// notJudged are the rules of which each profile gives no occasion, or whose
// optional interface it lacks.
var notJudged = map[string]string{
	"good":         "opt-interrupt " + rare,
	"interrupting": "opt-deadline " + named + rare,
	"datagrams":    "send-count opt-deadline opt-interrupt " + named + rare,
	"wifinina":     "send-count " + optional,
	"rtl8720dn":    "send-count " + optional,
	"espat":        "send-count others in-use accept-peer accept-silent accept-lock close-accept errors " + optional,
	"comboat":      "late-bytes deadline-cleared deadline-prompt send-count in-use accept-peer accept-silent accept-lock close-accept " + optional,
	"w5500-like":   "send-count " + optional,
	"lneto":        "send-count " + optional,
}

const (
	rare     = "opt-dns opt-multicast opt-unix opt-tls"
	named    = "opt-lookup opt-interfaces opt-families "
	optional = "opt-deadline opt-interrupt opt-datagrams opt-sockname opt-shutdown " + named + rare
)

// TestProfiles holds the rules against devices of which it is known which they
// break.
func TestProfiles(t *testing.T) {
	for _, conf := range simdev.Profiles {
		t.Run(conf.Name, func(t *testing.T) {
			t.Parallel()
			want, ok := broken[conf.Name]
			if !ok {
				t.Fatal("the table lacks this profile")
			}
			verdicts, err := devtest.Judge(func() (devtest.Setup, error) { return setup(conf) })
			if err != nil {
				t.Fatal(err)
			}
			var names, not []string
			var failures []devtest.Failure
			for _, v := range verdicts {
				switch {
				case v.Seen != "":
					failures = append(failures, devtest.Failure{Rule: v.Rule, What: v.Seen})
				case v.NotJudged != "":
					not = append(not, v.Rule.Name)
				}
			}
			if want := strings.Fields(notJudged[conf.Name]); !slices.Equal(not, want) {
				t.Errorf("not judged are the rules %q, want %q", not, want)
			}
			for _, f := range failures {
				names = append(names, f.Rule.Name)
				if !slices.Contains(strings.Fields(want), f.Rule.Name) {
					t.Errorf("breaks a rule that it should not:\n%v", f)
				}
			}
			for _, name := range strings.Fields(want) {
				if !slices.Contains(names, name) {
					t.Errorf("does not break the rule %s", name)
				}
			}
		})
	}
}

// TestRun has the kit's own subtests.
func TestRun(t *testing.T) {
	devtest.Run(t, func(t *testing.T) devtest.Setup {
		s, err := setup(simdev.Profile("good"))
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

func TestRules(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range devtest.Rules {
		if seen[r.Name] || r.Name == "" || r.Text == "" || r.Consequence == "" {
			t.Errorf("rule %q has no name of its own, text or consequence", r.Name)
		}
		seen[r.Name] = true
	}
}

// TestNonsense has devices that break one rule, which no profile does.
func TestNonsense(t *testing.T) {
	t.Parallel()
	conf := simdev.Profile("good")
	conf.Faults.Nonsense = 10
	failures, err := devtest.Check(func() (devtest.Setup, error) { return setup(conf) })
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(failures, func(f devtest.Failure) bool { return f.Rule.Name == "counts" }) {
		t.Error("counts that cannot be are not found")
	}
}

// A wordyDevice has its errors' words and nothing else.
type wordyDevice struct{ netdev.Netdever }

func (d wordyDevice) Connect(sockfd int, host string, ip netip.AddrPort) error {
	if err := d.Netdever.Connect(sockfd, host, ip); err != nil {
		return errors.New("it did not work out")
	}
	return nil
}

// A namedProtocols device takes no protocol but those that net names.
type namedProtocols struct{ netdev.Netdever }

func (d namedProtocols) Socket(domain, stype, protocol int) (int, error) {
	if protocol != netdev.IPPROTO_TCP && protocol != netdev.IPPROTO_UDP {
		return -1, errors.New("unsupported protocol")
	}
	return d.Netdever.Socket(domain, stype, protocol)
}

// A hastyDevice sends datagrams a little later, and no more once their socket is closed.
type hastyDevice struct {
	netdev.Netdever
	mu    *sync.Mutex
	types map[int]int
}

func (d hastyDevice) Socket(domain, stype, protocol int) (int, error) {
	num, err := d.Netdever.Socket(domain, stype, protocol)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.types[num] = stype
	return num, err
}

func (d hastyDevice) Send(sockfd int, buf []byte, flags int, deadline time.Time) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.types[sockfd] != netdev.SOCK_DGRAM {
		return d.Netdever.Send(sockfd, buf, flags, deadline)
	}
	kept := append([]byte(nil), buf...)
	time.AfterFunc(time.Millisecond, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.types[sockfd] == netdev.SOCK_DGRAM {
			d.Netdever.Send(sockfd, kept, 0, time.Time{})
		}
	})
	return len(buf), nil
}

func (d hastyDevice) Close(sockfd int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.types, sockfd)
	return d.Netdever.Close(sockfd)
}

// TestSingleRules has devices that break one rule, or none that others have
// been blamed for.
func TestSingleRules(t *testing.T) {
	for _, test := range []struct {
		name string
		wrap func(netdev.Netdever) netdev.Netdever
		want []string
	}{
		{"errors of words", func(d netdev.Netdever) netdev.Netdever { return wordyDevice{d} }, []string{"errors"}},
		{"datagrams in haste", func(d netdev.Netdever) netdev.Netdever {
			return hastyDevice{d, new(sync.Mutex), map[int]int{}}
		}, []string{"datagram-close"}},
		{"protocols by name", func(d netdev.Netdever) netdev.Netdever { return namedProtocols{d} }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			verdicts, err := devtest.Judge(func() (devtest.Setup, error) {
				s, err := setup(simdev.Profile("w5500-like"))
				s.Dev = test.wrap(s.Dev)
				return s, err
			})
			if err != nil {
				t.Fatal(err)
			}
			var broken, not []string
			for _, v := range verdicts {
				if v.Seen != "" {
					broken = append(broken, v.Rule.Name)
				}
				if v.NotJudged != "" {
					not = append(not, v.Rule.Name)
				}
			}
			if !slices.Equal(broken, test.want) {
				t.Errorf("broken are the rules %q, want %q", broken, test.want)
			}
			if want := strings.Fields(notJudged["w5500-like"]); !slices.Equal(not, want) {
				t.Errorf("not judged are the rules %q, want %q", not, want)
			}
		})
	}
}
