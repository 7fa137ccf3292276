package main

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"strconv"
	"time"
)

// A time in NTP is seconds since 1900, 32 bits of them, and 32 bits of fraction.
const to1970 = 2208988800

func ntpTime(b []byte) time.Time {
	seconds := int64(binary.BigEndian.Uint32(b)) - to1970
	if seconds < 0 {
		seconds += 1 << 32 // the second era, which begins in 2036
	}
	fraction := int64(binary.BigEndian.Uint32(b[4:])) * int64(time.Second) >> 32
	return time.Unix(seconds, fraction)
}

// ask asks a server for the time, as often as tries says, as datagrams get
// lost. The offset is what has to be added to the clock here, good to half of
// the delay.
func ask(server string, tries int, patience time.Duration) (offset, delay time.Duration, err error) {
	conn, err := net.Dial("udp", server)
	if err != nil {
		return 0, 0, err
	}
	defer conn.Close()
	for range tries {
		offset, delay, err = exchange(conn, patience)
		// Only silence is worth another try.
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return offset, delay, err
		}
	}
	return 0, 0, errors.New("ask " + server + " for the time: no answer in " + strconv.Itoa(tries) + " times " + patience.String())
}

func exchange(conn net.Conn, patience time.Duration) (offset, delay time.Duration, err error) {
	var packet [48]byte
	packet[0] = 4<<3 | 3 // version 4, from a client
	// The server sends this field back. Nothing but the answer needs to know the
	// time here, so it is a random number: who does not see it cannot answer.
	nonce := packet[40:48]
	if _, err := rand.Read(nonce); err != nil {
		return 0, 0, err
	}
	sentNonce := [8]byte(nonce)
	sent := time.Now()
	if _, err := conn.Write(packet[:]); err != nil {
		return 0, 0, err
	}
	conn.SetReadDeadline(sent.Add(patience))
	for {
		n, err := conn.Read(packet[:])
		if err != nil {
			return 0, 0, err
		}
		got := sent.Add(time.Since(sent)) // by the clock that nobody sets meanwhile
		if n < len(packet) || [8]byte(packet[24:32]) != sentNonce {
			continue // the answer to another question
		}
		return evaluate(packet[:], sent, got)
	}
}

// evaluate reads an answer to what was sent and came back at these times.
func evaluate(packet []byte, sent, got time.Time) (offset, delay time.Duration, err error) {
	if mode := packet[0] & 7; mode != 4 {
		return 0, 0, errors.New("this is no time server's answer: mode " + strconv.Itoa(int(mode)))
	}
	stratum := packet[1]
	if stratum == 0 {
		return 0, 0, errors.New("the time server refuses: " + string(packet[12:16])) // such as RATE
	}
	if packet[0]>>6 == 3 || stratum > 15 {
		return 0, 0, errors.New("the time server does not know the time itself yet")
	}
	received, transmitted := ntpTime(packet[32:]), ntpTime(packet[40:])
	delay = got.Sub(sent) - transmitted.Sub(received)
	// One Sub of times 50 years apart is far from an overflow, which their sum is not.
	offset = received.Sub(sent)/2 + transmitted.Sub(got)/2
	return offset, max(delay, 0), nil
}
