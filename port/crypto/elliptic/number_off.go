//go:build tinynetport && !port.smalltls

package elliptic

import "math/big"

// initCurve makes all curves.
func initCurve(int) { initonce.Do(initAll) }

func setString(s string, base int) (*big.Int, bool) { return new(big.Int).SetString(s, base) }
