// Package matrix builds the port from every supported Go release for each system
// that has a host device, for a big-endian and a 32-bit one, and for the sandboxes:
// see its test, which runs with -tags matrix (make matrix).
package matrix

// Releases are the Go releases that the port is assembled from, the oldest
// supported first: the newest patch release of each minor one.
var Releases = []string{"1.23.12", "1.24.13", "1.25.14", "1.26.11", "1.27.4"}

// Targets are the systems that it is built for, as GOOS/GOARCH.
var Targets = []string{
	"linux/amd64", "linux/arm", "linux/mips",
	"darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64",
	"freebsd/amd64", "openbsd/amd64", "netbsd/amd64",
	"wasip1/wasm", "js/wasm",
}

// Crossed are the systems that make cross looks at, which cannot be run here.
var Crossed = []string{
	"darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64",
	"freebsd/amd64", "openbsd/amd64", "netbsd/amd64", "dragonfly/amd64",
}

// Linked are those of Crossed for which a program is compiled and linked: one for each
// format of executables.
var Linked = []string{"darwin/arm64", "windows/amd64", "freebsd/amd64"}

// Deviceless are systems on which the port has no host device, but the command is to
// serve pages from a sandbox. Plan 9 is none of them: the command compiles there, with
// Go's own net, but the port wants numbers of errors, which it has not.
var Deviceless = []string{"aix/ppc64", "illumos/amd64", "solaris/amd64"}

// Systems are those that every run of the matrix builds for: little- and big-endian, 32 and 64 bits, and one without sockets.
var Systems = []string{"linux/amd64", "linux/arm", "linux/mips", "wasip1/wasm"}

// Packages are what is built, and what the exported API is compared for.
var Packages = []string{"net", "net/http/...", "crypto/tls/..."}
