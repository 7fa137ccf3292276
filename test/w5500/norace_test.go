//go:build !tinynet_port && !race

package w5500_test

const raceDetector = false
