//go:build tinynetport && !port.board

package net

// What the built-in loopback holds at most, for each direction of a
// connection and for each socket.
const (
	loopBuffer  = 64 << 10 // bytes
	loopQueue   = 512      // datagrams
	loopBacklog = 4096     // connections not yet accepted
)

// patientBuffer is how much a worker reads or writes at once for a stream of a
// driver that cannot be interrupted: a segment of TCP.
const patientBuffer = 1460

// patientIdle is how many goroutines such a driver keeps that have nothing to
// do.
const patientIdle = 8

// patientAlone is after how many tries in vain a connection counts as idle, so that
// the driver is asked for all such in turn, by one goroutine: 0 is never. Here
// goroutines are cheap.
const patientAlone = 0

// maxLookups is how many name lookups run at once.
const maxLookups = 500

// copyBuffer is the buffer, in bytes, with which io.Copy moves data from or to
// a TCPConn: 0 is the 32 KiB of package io.
const copyBuffer = 0
