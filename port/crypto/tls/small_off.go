//go:build tinynetport && !port.smalltls

package tls

// leavesOut tells whether what is large is left out. See small_on.go.
const leavesOut = false

const (
	offeredEd25519 = Ed25519
	offersLeftOut  = false
)

func leftOutSuite(uint16) bool { return false }

func offeredSuites(ids []uint16) []uint16 { return ids }
