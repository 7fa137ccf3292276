//go:build !baremetal

package errno

import "embed"

// Source is what this package is made of. Tinynet builds it into the net of an
// emulated board, beside the tether.
//
//go:embed own.go system.go
var Source embed.FS
