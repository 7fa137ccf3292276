//go:build baremetal && tinygo.riscv32

// Command tlsboard does a TLS handshake as a client on QEMU's virt board, with
// a server that record has recorded, and prints what it took: heap, stack and
// time. It is for
//
//	qemu-system-riscv32 -machine virt -nographic -bios none -icount shift=0 -kernel FILE
//
// where each instruction takes a nanosecond of the board's clock. It first reads
// a line with how many kB of heap to leave free, 0 for all.
package main

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"io"
	"math/big"
	"net"
	"runtime"
	"strconv"
	"time"
	"unsafe"
)

//go:embed server.bin
var server []byte

//go:embed root.pem
var root []byte

//go:embed now.txt
var now string

func main() {
	room, _ := strconv.Atoi(readLine())
	done := make(chan bool)
	go func() {
		paint()
		run(room)
		println("stack:", painted(), "bytes")
		println("done")
		done <- true
	}()
	<-done
}

func run(room int) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(root) {
		println("no root")
		return
	}
	seconds, _ := strconv.ParseInt(now, 10, 64)
	config := &tls.Config{
		ServerName: "board.example", RootCAs: pool, Rand: same{},
		Time: func() time.Time { return time.Unix(seconds, 0) },
	}
	hold(room)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := clock()
	wire := &replay{left: server}
	c := tls.Client(wire, config)
	if err := c.Handshake(); err != nil {
		println("handshake:", err.Error())
		return
	}
	took := clock() - began
	runtime.ReadMemStats(&after)
	var text [16]byte
	n, err := c.Read(text[:])
	if err != nil || string(text[:n]) != "hello" {
		println("read:", string(text[:n]), err)
		return
	}
	println("handshake:", took, "instructions;", wire.wrote, "bytes out,", len(server), "in")
	println("allocated:", after.TotalAlloc-before.TotalAlloc, "bytes in all; live at most", wire.peak-before.HeapInuse)
	runtime.GC()
	runtime.ReadMemStats(&after)
	println("live after it:", after.HeapInuse-before.HeapInuse)
	if room != 0 {
		return
	}
	parts()
}

// parts times what a handshake consists of.
func parts() {
	key, err := ecdh.X25519().GenerateKey(same{})
	if err != nil {
		println(err.Error())
		return
	}
	timed("X25519", func() bool { _, err := key.ECDH(key.PublicKey()); return err == nil })
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384()} {
		// d = 1, k = 1: not for secrets, but a signature that is right.
		p := curve.Params()
		hash := sha256.Sum256([]byte("x"))
		e := new(big.Int).SetBytes(hash[:])
		s := new(big.Int).Add(e, p.Gx)
		s.Mod(s, p.N)
		key := &ecdsa.PublicKey{Curve: curve, X: p.Gx, Y: p.Gy}
		r := new(big.Int).Mod(p.Gx, p.N)
		timed("ECDSA "+p.Name, func() bool { return ecdsa.Verify(key, hash[:], r, s) })
	}
	block := make([]byte, 4096)
	timed("SHA-256 of 4 kB", func() bool { sha256.Sum256(block); return true })
	timed("SHA-384 of 4 kB", func() bool { sha512.Sum384(block); return true })
}

func timed(what string, f func() bool) {
	began := clock()
	ok := f()
	println(what+":", clock()-began, "instructions", ok)
}

// replay is a connection whose peer says what it has once said.
type replay struct {
	net.Conn
	left  []byte
	wrote int
	peak  uint64
}

func (r *replay) look() {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r.peak = max(r.peak, m.HeapInuse)
}

func (r *replay) Read(p []byte) (int, error) {
	if len(r.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	r.look()
	return n, nil
}

func (r *replay) Write(p []byte) (int, error) {
	r.wrote += len(p)
	r.look()
	return len(p), nil
}

func (r *replay) Close() error { return nil }

// same is a source of one byte, as the recorded client's.
type same struct{}

func (same) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 0x42
	}
	return len(p), nil
}

// held keeps the heap full.
var held [][]byte

// hold leaves about room kB of the heap free.
func hold(room int) {
	if room == 0 {
		return
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	const piece = 1024
	n := (int(m.HeapIdle) - room*1024) / (piece + 32)
	held = make([][]byte, 0, n)
	for range n {
		held = append(held, make([]byte, piece))
		runtime.ReadMemStats(&m)
		if int(m.HeapIdle) <= room*1024 {
			break
		}
	}
	println("heap left:", m.HeapIdle)
}

// clock counts instructions by the board's timer of 10 MHz.
func clock() uint64 {
	lo := (*uint32)(unsafe.Pointer(uintptr(0x0200bff8)))
	hi := (*uint32)(unsafe.Pointer(uintptr(0x0200bffc)))
	return (uint64(load(hi))<<32 | uint64(load(lo))) * 100
}

//go:noinline
func load(p *uint32) uint32 { return *p }

//go:noinline
func load8(p *byte) byte { return *p }

// readLine reads from the serial port.
func readLine() string {
	var line []byte
	for {
		for load8((*byte)(unsafe.Pointer(uintptr(0x10000005))))&1 == 0 {
		}
		b := load8((*byte)(unsafe.Pointer(uintptr(0x10000000))))
		if b == '\n' || b == '\r' {
			return string(line)
		}
		line = append(line, b)
	}
}

const (
	depth  = 28 << 10 // of the stack of 32 kB, see -stack-size
	colour = 0xa5
)

var top uintptr

// paint colours the stack below this goroutine's first frame.
//
//go:noinline
func paint() {
	var here byte
	top = uintptr(unsafe.Pointer(&here)) - 512
	for i := uintptr(0); i < depth; i++ {
		*(*byte)(unsafe.Pointer(top - i)) = colour
	}
}

// painted tells how deep the colour has gone.
//
//go:noinline
func painted() uintptr {
	i := uintptr(depth) - 1
	for i > 0 && *(*byte)(unsafe.Pointer(top - i)) == colour {
		i--
	}
	return i + 512
}
