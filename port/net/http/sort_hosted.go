//go:build tinynetport && !port.board

package http

import (
	"iter"
	"slices"
	"strings"
)

func sortNames(names []string) { slices.Sort(names) }

func sortedNames(names iter.Seq[string]) []string { return slices.Sorted(names) }

func sortKeys(kvs []keyValues) {
	slices.SortFunc(kvs, func(a, b keyValues) int { return strings.Compare(a.key, b.key) })
}
