// Getboard counts what http.Get costs on the emulated board riscv-qemu: once
// with TinyGo's own net, once with the port, over the same device, which has the
// eleven methods and answers every request at once.
//
//	tinygo build -target=riscv-qemu -stack-size=8kb -o own.elf .
//	tinynet tinygo build -target=riscv-qemu -stack-size=8kb -tags notls -o port.elf .
//	qemu-system-riscv32 -machine virt -icount shift=0 -nographic -bios none -kernel own.elf
package main

import (
	"io"
	"net/http"
	"net/netip"
	"runtime"
	"strconv"
	"time"
	"unsafe"

	"tinygo.org/x/drivers/netdev"
)

const answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n"

// A socket has a byte in wake for each answer that is to be read.
type socket struct {
	wake   chan struct{}
	rest   string
	closed bool
}

type device struct {
	sockets  [8]*socket
	connects int
	calls    int
}

func (d *device) GetHostByName(string) (netip.Addr, error) {
	return netip.AddrFrom4([4]byte{10, 0, 0, 2}), nil
}
func (d *device) Addr() (netip.Addr, error) { return netip.AddrFrom4([4]byte{10, 0, 0, 1}), nil }

func (d *device) Socket(domain, stype, protocol int) (int, error) {
	d.calls++
	for fd, s := range d.sockets {
		if s == nil {
			d.sockets[fd] = &socket{wake: make(chan struct{}, 8)}
			return fd, nil
		}
	}
	return -1, netdev.ErrNoMoreSockets
}

func (d *device) Bind(fd int, ip netip.AddrPort) error { return nil }

func (d *device) Connect(fd int, host string, ip netip.AddrPort) error {
	d.calls++
	d.connects++
	return nil
}

func (d *device) Listen(fd int, backlog int) error { return netdev.ErrNotSupported }
func (d *device) Accept(fd int) (int, netip.AddrPort, error) {
	return -1, netip.AddrPort{}, netdev.ErrNotSupported
}

func (d *device) Send(fd int, buf []byte, flags int, deadline time.Time) (int, error) {
	d.calls++
	if n := len(buf); n >= 4 && string(buf[n-4:]) == "\r\n\r\n" {
		d.sockets[fd].wake <- struct{}{}
	}
	return len(buf), nil
}

func (d *device) Recv(fd int, buf []byte, flags int, deadline time.Time) (int, error) {
	d.calls++
	s := d.sockets[fd]
	if s.rest == "" {
		<-s.wake
		if s.closed {
			return 0, io.EOF
		}
		s.rest = answer
	}
	n := copy(buf, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func (d *device) Close(fd int) error {
	d.calls++
	s := d.sockets[fd]
	s.closed = true
	close(s.wake)
	d.sockets[fd] = nil
	return nil
}

func (d *device) SetSockOpt(fd, level, opt int, value interface{}) error {
	return netdev.ErrNotSupported
}

// now is the board's counter of 10 MHz: with -icount shift=0 a hundred
// instructions are a tick.
func now() uint32 { return *(*uint32)(unsafe.Pointer(uintptr(0x0200bff8))) }

// fresh, set by -ldflags "-X main.fresh=yes", has each request ask for the end of its
// connection.
var fresh string

func get() {
	req, err := http.NewRequest("GET", "http://10.0.0.2/", nil)
	if err != nil {
		panic(err.Error())
	}
	req.Close = fresh != ""
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		panic(err.Error())
	}
	b, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || string(b) != "hello\n" {
		panic("not the answer")
	}
}

func main() {
	dev := &device{}
	netdev.UseNetdev(dev)
	const gets = 1000
	for range 50 {
		get()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	calls, connects, start := dev.calls, dev.connects, now()
	for range gets {
		get()
	}
	ticks := now() - start
	runtime.ReadMemStats(&after)
	println("instructions for a GET:", strconv.Itoa(int(ticks)*100/gets))
	println("bytes allocated for a GET:", strconv.Itoa(int(after.TotalAlloc-before.TotalAlloc)/gets))
	println("connections:", strconv.Itoa(dev.connects-connects), "calls:", strconv.Itoa(dev.calls-calls))
	println("end")
}
