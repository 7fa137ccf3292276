//go:build tinynetport && !port.smalltls

package elliptic

import "math/big"

func setString(s string, base int) (*big.Int, bool) { return new(big.Int).SetString(s, base) }
