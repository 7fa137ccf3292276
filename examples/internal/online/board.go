//go:build baremetal

package online

import "time"

// again is how long a board waits between two rounds of Run, and before it tries
// again to join the network.
const again = 10 * time.Second

// Start joins the network and returns the address that the board got there. It
// tries until it has: after a power cut the board is up before its access point,
// and who reads the serial line may come later than the first failure.
func Start(ssid, pass string, settings ...Setting) (host string) {
	for _, s := range settings {
		if *s.Value == "" {
			*s.Value = s.Default
		}
	}
	for {
		host, err := join(ssid, pass)
		if err == nil {
			return host
		}
		Say("joining the network: ", err.Error())
		time.Sleep(again)
	}
}

// Run does what the example does over and over: who reads the board's serial
// line may begin at any time.
func Run(do func() error) {
	for {
		if err := do(); err != nil {
			Say("error: ", err.Error())
		}
		time.Sleep(again)
	}
}

// Fail says what is wrong. There is nobody to return to.
func Fail(err error) {
	Say("error: ", err.Error())
	halt()
}

// halt leaves the board as it is, so that its USB port stays there for the next
// program.
func halt() { select {} }

// Where web servers listen.
const (
	WebAddr    = ":80"
	WebTLSAddr = ":443"
)
