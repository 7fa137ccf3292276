//go:build tinynetport

package net

import "sync/atomic"

// What Go's tests know by names of the system's part of Go's own net.

func spuriousENOTAVAIL(err error) bool { return spuriousPort(err) }

func (a *TCPAddr) family() int { return a.endpoint().family() }
func (a *UDPAddr) family() int { return a.endpoint().family() }

func (e endpoint) family() int {
	if e.is4() {
		return ndAF_INET
	}
	return ndAF_INET6
}

// A sendFileSpy counts the files that a device is asked to send on a socket.
type sendFileSpy struct {
	systemSockets
	sockfd int
	asked  atomic.Int32
	done   atomic.Bool
}

func (s *sendFileSpy) sendFile(sockfd int, file uintptr, most int64) (int64, bool, error) {
	n, handled, err := s.systemSockets.sendFile(sockfd, file, most)
	if sockfd == s.sockfd {
		s.asked.Add(1)
		s.done.Store(handled)
	}
	return n, handled, err
}
