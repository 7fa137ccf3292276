//go:build tinynetport && !nethttpgzip && port.board

package http

import "io"

// autoGzip is whether a Transport asks for gzip by itself, and unpacks it. That
// takes some 45 kB of heap for each answer, and 2 kB of RAM always.
const autoGzip = false

func unpacked(body *bodyEOFSignal) io.ReadCloser { return body } // not called
