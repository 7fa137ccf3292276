//go:build !baremetal

package online

import (
	"flag"
	"os"
	"path/filepath"
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
