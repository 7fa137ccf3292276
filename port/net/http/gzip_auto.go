//go:build tinynetport && (nethttpgzip || !port.board)

package http

import "io"

// autoGzip is whether a Transport asks for gzip by itself, and unpacks it.
const autoGzip = true

func unpacked(body *bodyEOFSignal) io.ReadCloser { return &gzipReader{body: body} }
