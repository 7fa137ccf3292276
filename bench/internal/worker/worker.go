// Package worker lets another program run measurements in this one, a slice at
// a time. The command bench starts two such programs and has them work in turn.
//
// The commands come on standard input, one a line:
//
//	open NAME    prepares a measurement: listens, connects
//	run N        does N operations of it
//	close        ends what open began
//
// Each is answered with one line of JSON, a [Slice]. End of input ends the
// program. What there is to measure is told by [List].
package worker

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// A Measurement is something that can be done over and over.
type Measurement struct {
	Name string  `json:"name"`
	Unit string  `json:"unit"` // of what operations are counted in, such as "1/s"
	Size float64 `json:"size"` // how many of them an operation is

	Open func() (*Session, error) `json:"-"`
}

// A Session is a measurement with its connections open.
type Session struct {
	Run   func(n int) error // does n operations
	Close func()
}

// A Slice is what some operations took, or why they failed. All of it is of the
// whole process, with both ends of a connection where both are in it.
type Slice struct {
	Error  string        `json:"error,omitempty"`
	Ops    int           `json:"ops,omitempty"`
	Wall   time.Duration `json:"wall_ns,omitempty"`
	CPU    time.Duration `json:"cpu_ns,omitempty"` // user and system
	Allocs uint64        `json:"allocs,omitempty"`
	Bytes  uint64        `json:"bytes,omitempty"` // allocated
}

// Take runs n operations and says what they took.
func (s *Session) Take(n int) (Slice, error) {
	var before, after runtime.MemStats
	runtime.GC() // the garbage of the slice before is not this one's
	runtime.ReadMemStats(&before)
	cpu, start := cpuTime(), time.Now()
	err := s.Run(n)
	wall, cpu := time.Since(start), cpuTime()-cpu
	runtime.ReadMemStats(&after)
	return Slice{Ops: n, Wall: wall, CPU: cpu, Allocs: after.Mallocs - before.Mallocs, Bytes: after.TotalAlloc - before.TotalAlloc}, err
}

// List writes what there is to measure as a JSON array.
func List(out io.Writer, all []Measurement) error { return json.NewEncoder(out).Encode(all) }

// Serve does what comes from in until its end.
func Serve(in io.Reader, out io.Writer, all []Measurement) error {
	var s *Session
	defer func() {
		if s != nil {
			s.Close()
		}
	}()
	do := func(command, arg string) (Slice, error) {
		switch {
		case command == "open" && s == nil:
			for _, m := range all {
				if m.Name == arg {
					var err error
					s, err = m.Open()
					return Slice{}, err
				}
			}
			return Slice{}, fmt.Errorf("there is no measurement %q", arg)
		case command == "run" && s != nil:
			n, err := strconv.Atoi(arg)
			if err != nil {
				return Slice{}, err
			}
			return s.Take(n)
		case command == "close" && s != nil:
			s.Close()
			s = nil
			return Slice{}, nil
		}
		return Slice{}, fmt.Errorf("command %q makes no sense now", command)
	}
	lines := bufio.NewScanner(in)
	answers := json.NewEncoder(out)
	for lines.Scan() {
		command, arg, _ := strings.Cut(lines.Text(), " ")
		slice, err := do(command, arg)
		if err != nil {
			slice.Error = err.Error()
		}
		if err := answers.Encode(slice); err != nil {
			return err
		}
	}
	return lines.Err()
}
