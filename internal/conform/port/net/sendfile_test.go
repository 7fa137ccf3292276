//go:build tinynetport

package net

import "testing"

// expectSendfile runs f and checks that it had the host device send a file on
// the connection, once, and that the device could. Other devices cannot.
func expectSendfile(t *testing.T, wantConn Conn, f func()) {
	t.Helper()
	fd := wantConn.(*TCPConn).fd
	if fd.dev.get().system == nil {
		f()
		return
	}
	watched := *fd.dev.get()
	spy := &sendFileSpy{systemSockets: fd.dev.get().system, sockfd: fd.sysfd}
	watched.system = spy
	real := fd.dev
	fd.dev = hide(&watched)
	f()
	fd.dev = real
	if n := spy.asked.Load(); n != 1 {
		t.Errorf("the device was asked %d times to send a file on this connection, want once", n)
	} else if !spy.done.Load() {
		t.Error("the device did not send the file")
	}
}
