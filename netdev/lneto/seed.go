package lneto

import (
	"crypto/rand"
	"encoding/binary"
)

// hardwareSeed is a number from where the system, or the chip, has them.
func hardwareSeed() (uint64, error) {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b[:]), nil
}
