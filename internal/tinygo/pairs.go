package tinygo

import (
	"go/version"
	"strings"
)

// This file knows which TinyGo takes which Go: what its changelog says, and what
// was tested with the port. What a TinyGo itself says, when it is asked (see
// Accepts), counts more: one may have been built with another ceiling.

// taken says which releases of Go a TinyGo takes, by their first two numbers
// (CHANGELOG.md of TinyGo, and the check in its builder).
var taken = []struct{ tinygo, oldest, newest string }{
	{"0.35", "1.19", "1.23"},
	{"0.36", "1.19", "1.24"},
	{"0.37", "1.19", "1.24"},
	{"0.38", "1.19", "1.24"},
	{"0.39", "1.19", "1.25"},
	{"0.40", "1.19", "1.25"},
	{"0.41", "1.23", "1.26"},
	{"0.42", "1.24", "1.27"},
	{"0.43", "1.26", "1.27"},
}

// testedPairs are what the tests of the port ran on.
var testedPairs = map[string][]string{
	"0.35": {"1.23"},
	"0.40": {"1.23", "1.24", "1.25"},
}

// A Fit says how a TinyGo and a release of Go go together.
type Fit int

const (
	Unknown Fit = iota // nobody here knows this TinyGo
	Cannot             // it refuses this Go
	Should             // it takes this Go; the pair has not been tested
	Tested             // the tests of the port ran on the pair
)

// minor are the first two numbers of a release: 0.40 of 0.40.1, 1.25 of go1.25.14.
func minor(release string) string {
	release = strings.TrimPrefix(release, "go")
	parts := strings.SplitN(release, ".", 3)
	if len(parts) < 2 {
		return release
	}
	end := strings.IndexFunc(parts[1], func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(parts[1])
	}
	return parts[0] + "." + parts[1][:end]
}

// compareGo compares releases of Go, such as 1.25 and go1.26.8.
func compareGo(a, b string) int {
	lang := func(v string) string { return "go" + strings.TrimPrefix(v, "go") }
	return version.Compare(lang(a), lang(b))
}

// FitOf says how a TinyGo, such as 0.40.1, goes with a Go, such as go1.25.14.
// The oldest and newest Go that it takes, such as 1.19 and 1.25, are "" if it is
// not known.
func FitOf(tinyGo, goVersion string) (fit Fit, oldest, newest string) {
	for _, t := range taken {
		if t.tinygo != minor(tinyGo) {
			continue
		}
		m := minor(goVersion)
		switch {
		case compareGo(m, t.oldest) < 0 || compareGo(m, t.newest) > 0:
			return Cannot, t.oldest, t.newest
		}
		for _, g := range testedPairs[t.tinygo] {
			if g == m {
				return Tested, t.oldest, t.newest
			}
		}
		return Should, t.oldest, t.newest
	}
	return Unknown, "", ""
}

// Best is the newest of the releases that lies in the range from oldest to newest,
// both such as 1.25 and "" for no limit; "" if there is none.
func Best(releases []string, oldest, newest string) string {
	best := ""
	for _, r := range releases {
		m := minor(r)
		if oldest != "" && compareGo(m, oldest) < 0 || newest != "" && compareGo(m, newest) > 0 {
			continue
		}
		if best == "" || compareGo(r, best) > 0 {
			best = r
		}
	}
	return best
}

// newestTaken is the newest Go, such as 1.27, that a TinyGo is known to take.
func newestTaken() string {
	newest := ""
	for _, t := range taken {
		if newest == "" || compareGo(t.newest, newest) > 0 {
			newest = t.newest
		}
	}
	return newest
}

// TakenBy names the TinyGo releases that take a Go, for messages: "TinyGo 0.42 or
// newer", or "" if none is known.
func TakenBy(goVersion string) string {
	m := minor(goVersion)
	for _, t := range taken {
		if compareGo(m, t.newest) <= 0 && compareGo(m, t.oldest) >= 0 {
			return "TinyGo " + t.tinygo + " or newer"
		}
	}
	return ""
}

// Hangs tells whether a TinyGo's scheduler for several cores hangs by itself
// (docs/tinygo.md). It came with 0.38; what was seen to hang is 0.40.1.
func Hangs(tinyGo string) bool {
	switch minor(tinyGo) {
	case "0.38", "0.39", "0.40":
		return true
	}
	return false
}
