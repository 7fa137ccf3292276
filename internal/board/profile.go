package board

import (
	"errors"
	"fmt"
	"io"

	"github.com/google/pprof/profile"
)

// A sample says how often the program was seen at an address.
type sample struct{ at, count uint32 }

// sampleCycles is how many cycles are between two samples, as the emulator takes
// them.
const sampleCycles = 997

// A Profiled machine tells where its program spent its cycles, in the format of
// pprof, if the Program says so. It is known when Wait has returned.
type Profiled interface {
	WriteProfile(w io.Writer) error
	// Forget drops the samples so far.
	Forget() error
}

func (m *picoMachine) Forget() error { return m.send('P', nil) }

func (m *picoMachine) WriteProfile(w io.Writer) error {
	<-m.ended
	switch {
	case !m.p.Profile || m.end == nil:
		return errors.New("no samples were taken")
	case m.symbols == nil:
		return fmt.Errorf("%s has no symbols", m.p.File)
	}
	return m.symbols.profile(m.p.Name, m.samples, m.end.Nanos).Write(w)
}

// profile makes a profile of samples, which pprof shows under the program's name.
func (s *Symbols) profile(program string, samples []sample, nanos int64) *profile.Profile {
	mapping := &profile.Mapping{ID: 1, File: program, Start: picoFlash, Limit: picoRAM + picoRAMSize, HasFunctions: true, HasFilenames: len(s.lines) > 0, HasLineNumbers: len(s.lines) > 0}
	p := &profile.Profile{
		SampleType:    []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cycles", Unit: "count"}},
		PeriodType:    &profile.ValueType{Type: "cycles", Unit: "count"},
		Period:        sampleCycles,
		DurationNanos: nanos,
		Mapping:       []*profile.Mapping{mapping},
	}
	type key struct{ name, file string }
	functions := map[key]*profile.Function{}
	for i, sample := range samples {
		name := "?"
		if f := s.function(sample.at); f != nil {
			name = f.name
		}
		file, number := s.source(sample.at)
		f := functions[key{name, file}]
		if f == nil {
			f = &profile.Function{ID: uint64(len(functions) + 1), Name: name, SystemName: name, Filename: file}
			functions[key{name, file}] = f
			p.Function = append(p.Function, f)
		}
		at := &profile.Location{ID: uint64(i + 1), Mapping: mapping, Address: uint64(sample.at), Line: []profile.Line{{Function: f, Line: int64(number)}}}
		p.Location = append(p.Location, at)
		p.Sample = append(p.Sample, &profile.Sample{Location: []*profile.Location{at}, Value: []int64{int64(sample.count), int64(sample.count) * sampleCycles}})
	}
	return p
}
