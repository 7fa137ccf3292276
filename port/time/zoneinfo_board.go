//go:build tinynetport && baremetal

package time

// platformZoneSources are where Go looks for zones: a board has such a place only if
// the program brings it along, as with time/tzdata.
var platformZoneSources []string

func initLocal() { localLoc.name = "UTC" }
