// Netbench measures net, net/http and crypto/tls of the build that it is part
// of. The command bench builds it twice, on the port and on Go's own packages,
// and has the two work in turn.
//
// By itself it makes one measurement, to look into it:
//
//	netbench -only http-serve-64 -n 200000 -cpuprofile cpu.out
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"runtime/pprof"

	"github.com/tinynet/tinynet/bench/internal/worker"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("netbench: ")
	list := flag.Bool("list", false, "only tell what there is to measure, as JSON")
	only := flag.String("only", "", "make just this `measurement`")
	n := flag.Int("n", 1000, "how many operations of it")
	open := flag.Int("open", 0, "only hold this many connections open, and tell what each takes of the heap")
	profile := flag.String("cpuprofile", "", "write a CPU profile to this `file`")
	flag.Parse()
	if *open > 0 {
		bytes, err := openConnections(*open)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%.0f\n", bytes)
		return
	}
	if *list {
		if err := worker.List(os.Stdout, measurements()); err != nil {
			log.Fatal(err)
		}
		return
	}
	if *only == "" {
		if err := worker.Serve(os.Stdin, os.Stdout, measurements()); err != nil {
			log.Fatal(err)
		}
		return
	}
	for _, m := range measurements() {
		if m.Name != *only {
			continue
		}
		if err := once(m, *n, *profile); err != nil {
			log.Fatalf("%s: %v", m.Name, err)
		}
		return
	}
	log.Fatalf("there is no measurement %q", *only)
}

func once(m worker.Measurement, n int, profile string) error {
	s, err := m.Open()
	if err != nil {
		return err
	}
	defer s.Close()
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	slice, err := s.Take(n)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(slice)
}

func measurements() []worker.Measurement {
	ms := netMeasurements()
	ms = append(ms, httpMeasurements()...)
	return append(ms, tlsMeasurements()...)
}
