//go:build !tinynet_port && race

package behaviour_test

const raceDetector = true
