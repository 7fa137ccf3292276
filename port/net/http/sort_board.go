//go:build tinynetport && port.board

package http

import "iter"

// sortNames sorts by heap, and so as fast for the worst of lists: names of headers
// come from strangers. Those of package slices are three algorithms in one, for each
// type of element once.
func sortNames(names []string) {
	heapSort(len(names),
		func(i, j int) bool { return names[i] < names[j] },
		func(i, j int) { names[i], names[j] = names[j], names[i] })
}

func sortedNames(names iter.Seq[string]) (sorted []string) {
	for name := range names {
		sorted = append(sorted, name)
	}
	sortNames(sorted)
	return sorted
}

// sortKeys makes no closures, which are on the heap, for one key.
func sortKeys(kvs []keyValues) {
	if len(kvs) > 1 {
		heapSortKeys(kvs)
	}
}

func heapSortKeys(kvs []keyValues) {
	heapSort(len(kvs),
		func(i, j int) bool { return kvs[i].key < kvs[j].key },
		func(i, j int) { kvs[i], kvs[j] = kvs[j], kvs[i] })
}

// heapSort sorts n elements that are known by their places.
func heapSort(n int, less func(i, j int) bool, swap func(i, j int)) {
	// sink moves the element at i down until none below it, before end, is greater.
	sink := func(i, end int) {
		for {
			child := 2*i + 1
			if child >= end {
				return
			}
			if child+1 < end && less(child, child+1) {
				child++
			}
			if !less(i, child) {
				return
			}
			swap(i, child)
			i = child
		}
	}
	for i := n/2 - 1; i >= 0; i-- {
		sink(i, n)
	}
	for end := n - 1; end > 0; end-- {
		swap(0, end)
		sink(0, end)
	}
}
