package devtest_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

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
	"wifinina":     "deadline-prompt recv-prompt recv-empty send-count close-recv options accept-silent close-accept",
	"rtl8720dn":    "deadline-prompt recv-prompt reset close-recv options accept-lock",
	"espat":        "sockets deadline-prompt recv-prompt options listen",
	"comboat":      "recv-deadline duplex others close-recv options listen",
	"w5500-like":   "",
	"lneto":        "deadline-cleared tls",
}

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
			failures, err := devtest.Check(func() (devtest.Setup, error) { return setup(conf) })
			if err != nil {
				t.Fatal(err)
			}
			var names []string
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
