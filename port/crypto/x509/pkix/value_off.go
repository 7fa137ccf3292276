//go:build tinynetport && !port.smalltls

package pkix

import (
	"encoding/asn1"
	"fmt"
)

func encoded(value any) ([]byte, error) { return asn1.Marshal(value) }
func text(value any) string             { return fmt.Sprint(value) }
