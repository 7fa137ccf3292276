package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/tinynet/tinynet/bench/internal/worker"
)

// A remote is a program that measures (package worker) and waits to be told.
type remote struct {
	name    string
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers *bufio.Scanner
}

func start(ctx context.Context, s side, args ...string) (*remote, error) {
	r := &remote{name: s.name, cmd: exec.CommandContext(ctx, s.program, args...)}
	r.cmd.Stderr = os.Stderr
	var err error
	if r.in, err = r.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	r.answers = bufio.NewScanner(out)
	if err := r.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the program of the side %q: %w", s.name, err)
	}
	return r, nil
}

// stop ends the program, and tells how it ended.
func (r *remote) stop() error {
	r.in.Close()
	if err := r.cmd.Wait(); err != nil {
		return fmt.Errorf("the program of the side %q: %w", r.name, err)
	}
	return nil
}

func (r *remote) ask(format string, args ...any) (worker.Slice, error) {
	command := fmt.Sprintf(format, args...)
	fail := func(err error) (worker.Slice, error) {
		return worker.Slice{}, fmt.Errorf("the side %q, %s: %w", r.name, command, err)
	}
	if _, err := io.WriteString(r.in, command+"\n"); err != nil {
		return fail(err)
	}
	if !r.answers.Scan() {
		err := r.answers.Err()
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		return fail(err)
	}
	var slice worker.Slice
	if err := json.Unmarshal(r.answers.Bytes(), &slice); err != nil {
		return fail(err)
	}
	if slice.Error != "" {
		return fail(errors.New(slice.Error))
	}
	return slice, nil
}

// table makes the measurements of -run with two programs in turn.
func (o *options) table(ctx context.Context, theirs, ours side, args ...string) (*table, error) {
	t := &table{theirs: theirs.name, ours: ours.name}
	list, err := measurementsOf(ctx, theirs.program)
	if err != nil {
		return nil, err
	}
	for _, m := range list {
		if !o.run.MatchString(m.Name) {
			continue
		}
		r, err := o.row(ctx, [2]side{theirs, ours}, m, args)
		if err != nil {
			return nil, err
		}
		t.rows = append(t.rows, r)
	}
	if len(t.rows) == 0 {
		return nil, fmt.Errorf("-run %v matches none of the measurements", o.run)
	}
	return t, nil
}

// measurementsOf asks a program for what it can measure.
func measurementsOf(ctx context.Context, program string) (list []worker.Measurement, err error) {
	out, err := exec.CommandContext(ctx, program, "-list").Output()
	if err == nil {
		err = json.Unmarshal(out, &list)
	}
	if err != nil {
		return nil, fmt.Errorf("ask %s for its measurements: %w", program, err)
	}
	return list, nil
}

// roundPairs is how many slices a program has before a new one takes over. One
// that has luck, with its buffers or where it lies in memory, keeps it.
const roundPairs = 3

// row makes one measurement.
func (o *options) row(ctx context.Context, sides [2]side, m worker.Measurement, args []string) (row, error) {
	r := row{name: m.Name, unit: m.Unit, size: m.Size}
	var slices [2][]worker.Slice
	n := 0
	for done := 0; done < o.pairs; done += roundPairs {
		if err := o.round(ctx, sides, m, args, min(roundPairs, o.pairs-done), &n, &slices); err != nil {
			return r, err
		}
	}
	r.theirs, r.ours = middle(slices[0]), middle(slices[1])
	r.speed = ratios(slices[0], slices[1], func(s worker.Slice) time.Duration { return s.Wall })
	r.cpuSpeed = ratios(slices[0], slices[1], func(s worker.Slice) time.Duration { return s.CPU })
	return r, nil
}

// round adds some slices of n operations each; where n is 0 it chooses n.
func (o *options) round(ctx context.Context, sides [2]side, m worker.Measurement, args []string, pairs int, n *int, slices *[2][]worker.Slice) (err error) {
	var both [2]*remote
	for i, s := range sides {
		if both[i], err = start(ctx, s, args...); err != nil {
			return err
		}
		defer func() {
			if e := both[i].stop(); err == nil {
				err = e
			}
		}()
		if _, err := both[i].ask("open %s", m.Name); err != nil {
			return err
		}
	}
	if *n == 0 {
		if *n, err = o.calibrate(both[0]); err != nil {
			return err
		}
	}
	for _, side := range both { // until caches and buffers are warm
		if _, err := side.ask("run %d", *n); err != nil {
			return err
		}
	}
	for i := range pairs {
		// Each goes first in every other pair, so that what grows or fades, such
		// as the work of another program, favours none.
		for j := range both {
			which := (i + j) % 2
			s, err := both[which].ask("run %d", *n)
			if err != nil {
				return err
			}
			slices[which] = append(slices[which], s)
		}
	}
	return nil
}

// calibrate finds how many operations fill a slice.
func (o *options) calibrate(side *remote) (int, error) {
	for n := 1; ; {
		s, err := side.ask("run %d", n)
		if err != nil {
			return 0, err
		}
		if s.Wall >= o.slice*3/4 {
			return n, nil
		}
		grow := 100.0
		if s.Wall > 0 {
			grow = min(grow, float64(o.slice)/float64(s.Wall))
		}
		n = int(float64(n)*grow) + 1
	}
}

// middle has the median of each figure.
func middle(slices []worker.Slice) figures {
	of := func(f func(worker.Slice) float64) float64 {
		var all []float64
		for _, s := range slices {
			all = append(all, f(s)/float64(s.Ops))
		}
		return spreadOf(all).median
	}
	return figures{
		wall:   time.Duration(of(func(s worker.Slice) float64 { return float64(s.Wall) })),
		cpu:    time.Duration(of(func(s worker.Slice) float64 { return float64(s.CPU) })),
		allocs: of(func(s worker.Slice) float64 { return float64(s.Allocs) }),
		bytes:  of(func(s worker.Slice) float64 { return float64(s.Bytes) }),
	}
}

// ratios tells how many times as fast our slices were as theirs beside them,
// which may have had more operations.
func ratios(theirs, ours []worker.Slice, took func(worker.Slice) time.Duration) spread {
	var all []float64
	for i := range theirs {
		if a, b := took(theirs[i]), took(ours[i]); b > 0 {
			all = append(all, float64(a)/float64(b)*float64(ours[i].Ops)/float64(theirs[i].Ops))
		}
	}
	return spreadOf(all)
}

// A spread is the median of some numbers, and between what the middle half lies.
type spread struct{ low, median, high float64 }

func (s spread) String() string {
	return fmt.Sprintf("%.2f (%.2f to %.2f)", s.median, s.low, s.high)
}

func spreadOf(all []float64) spread {
	if len(all) == 0 {
		return spread{}
	}
	slices.Sort(all)
	at := func(share float64) float64 {
		where := share * float64(len(all)-1)
		i := int(where)
		if i+1 == len(all) {
			return all[i]
		}
		return all[i] + (all[i+1]-all[i])*(where-float64(i))
	}
	return spread{at(0.25), at(0.5), at(0.75)}
}
