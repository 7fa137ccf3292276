//go:build tinynetport && port.board

package net

// What the built-in loopback holds at most, for each direction of a
// connection and for each socket.
const (
	loopBuffer  = 2 << 10 // bytes
	loopQueue   = 8       // datagrams
	loopBacklog = 8       // connections not yet accepted
)

// patientBuffer is how much a worker reads or writes at once for a stream of a
// driver that cannot be interrupted: a segment of TCP.
const patientBuffer = 536

// patientIdle is how many goroutines such a driver keeps that have nothing to
// do: as many as a connection has calls at once. With one less, each request of
// a client makes a new stack.
const patientIdle = 2

// patientAlone is after how many tries in vain, of patientSlice each, a connection
// counts as idle, so that the driver is asked for all such in turn, by one goroutine.
const patientAlone = 10

// maxLookups is how many name lookups run at once.
const maxLookups = 2

// copyBuffer is the buffer, in bytes, with which io.Copy moves data from or to
// a TCPConn: package io would take 32 KiB.
const copyBuffer = 1024
