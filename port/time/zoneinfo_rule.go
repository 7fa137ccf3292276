//go:build tinynetport

package time

// zoneRule is tzset once a zone was loaded, and not linked before.
var zoneRule func(s string, lastTxSec, sec int64) (name string, offset int, start, end int64, isDST, ok bool)
