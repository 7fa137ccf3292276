// Package port holds tinynet's part of the port: the manifests that say which
// of Go's files are taken and what changes in them, and our own sources, laid
// out like GOROOT/src (vendored is GOROOT/src/vendor, a name that go:embed does not take).
//
// The sources below this folder belong to package net and its kin and compile
// only after assembling, so each carries the build tag tinynetport, which
// nothing ever sets.
package port

import "embed"

// FS has the manifests and sources by their path below GOROOT/src, for example
// net/manifest.toml and net/fd_netdev.go, the build conditions that have names,
// conditions.toml, and the record, upstream.lock.
//
//go:embed bytes conditions.toml context crypto encoding internal log math mime net strconv time unicode upstream.lock vendored
var FS embed.FS
