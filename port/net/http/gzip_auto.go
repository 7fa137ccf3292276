//go:build tinynetport && (nethttpgzip || !(baremetal || tinynet_board))

package http

// autoGzip is whether a Transport asks for gzip by itself, and unpacks it.
const autoGzip = true
