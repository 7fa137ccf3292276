// Package matrix builds the port from every supported Go release for a little-
// and a big-endian system, 32 and 64 bits, and one without sockets: see its
// test, which runs with -tags matrix (make matrix).
package matrix

// Releases are the Go releases that the port is assembled from, the oldest
// supported first: the newest patch release of each minor one.
var Releases = []string{"1.23.12", "1.24.13", "1.25.11", "1.26.8", "1.27.4"}

// Targets are the systems that it is built for, as GOOS/GOARCH.
var Targets = []string{"linux/amd64", "linux/arm", "linux/mips", "wasip1/wasm"}

// Packages are what is built, and what the exported API is compared for.
var Packages = []string{"net", "net/http/...", "crypto/tls/..."}
