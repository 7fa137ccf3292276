//go:build !baremetal

package online

import (
	"flag"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

// Start reads the settings from the command line. It returns the name by which
// a server here is reached.
func Start(ssid, pass string, settings ...Setting) (host string) {
	for _, s := range settings {
		flag.StringVar(s.Value, s.Name, s.Default, s.Usage)
	}
	flag.Parse()
	if flag.NArg() > 0 {
		warn("unexpected argument " + flag.Arg(0))
		flag.Usage()
		os.Exit(2)
	}
	return "localhost"
}

// Stopped is closed when the user ends the program, by an interrupt (Ctrl-C) or
// SIGTERM; a second one ends it at once. Ask for it before you say that the
// program is up.
func Stopped() <-chan struct{} {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	stopped := make(chan struct{})
	go func() {
		<-signals
		signal.Stop(signals)
		close(stopped)
	}()
	return stopped
}

// Run does what the example does, once. An error ends the program with status 1.
func Run(do func() error) {
	if err := do(); err != nil {
		Fail(err)
	}
}

// Fail says what is wrong and ends the program with status 1.
func Fail(err error) {
	warn(err.Error())
	os.Exit(1)
}

func warn(what string) {
	os.Stderr.WriteString(filepath.Base(os.Args[0]) + ": " + what + "\n")
}

// Where web servers listen: a program on a computer may not have the
// port that browsers ask for when an address names none.
const (
	WebAddr    = ":8080"
	WebTLSAddr = ":8443"
)
