//go:build !race

package curves_test

const raceDetector = false
