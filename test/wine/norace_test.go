//go:build !race

package wine

const raceDetector = false
