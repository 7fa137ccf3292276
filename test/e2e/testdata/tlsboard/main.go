//go:build baremetal && tinygo.riscv32

// Command tlsboard does a TLS handshake as a client on QEMU's virt board, with
// a server that record has recorded, and then one that resumes its session, and
// prints what they took. It is for
//
//	qemu-system-riscv32 -machine virt -nographic -bios none -icount shift=0 -kernel FILE
//
// where each instruction takes a nanosecond of the board's clock. It reads a line
// that says what is measured: "speed", for which goroutines need a stack of 32 kB;
// "live", which is the heap in use, after a collection wherever the program can
// see the handshake; or how many kB of heap are left free for the roots and the
// handshake, 0 for all.
package main

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"device/riscv"
	"encoding/base64"
	"io"
	"math/big"
	"net"
	"runtime"
	"strconv"
	"time"
	"unsafe"
)

// What record prints, as -ldflags: the server's bytes, those of the resumed
// connection and the root certificate in base64, and the time in seconds.
var server, again, root, now string

func main() {
	what := readLine()
	done := make(chan bool)
	go func() {
		if what == "speed" {
			paint()
		}
		run(what)
		if what == "speed" {
			println("stack:", int(painted()), "bytes")
		}
		println("done")
		done <- true
	}()
	<-done
}

func run(what string) {
	answers, err := decode(server)
	if err != nil {
		println("server:", err.Error())
		return
	}
	room, _ := strconv.Atoi(what)
	hold(room)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	certificate, err := decode(root)
	if err != nil {
		println("root:", err.Error())
		return
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certificate)
	seconds, _ := strconv.ParseInt(now, 10, 64)
	wire := &replay{left: answers, watched: what == "live"}
	config := &tls.Config{
		ServerName: "board.example", RootCAs: pool, Rand: same{},
		Time:             func() time.Time { wire.look(); return time.Unix(seconds, 0) },
		VerifyConnection: func(tls.ConnectionState) error { wire.look(); return nil },
	}
	if wire.watched {
		wire.look()
		println("live before it:", int(wire.peak-before.HeapInuse), "bytes")
	}
	runtime.ReadMemStats(&after)
	began, allocated := clock(), after.TotalAlloc
	c := tls.Client(wire, config)
	if err := c.Handshake(); err != nil {
		println("handshake:", err.Error())
		return
	}
	took := clock() - began
	runtime.ReadMemStats(&after)
	allocated = after.TotalAlloc - allocated
	var text [16]byte
	n, err := c.Read(text[:])
	if err != nil || string(text[:n]) != "hello" {
		println("read:", string(text[:n]), err)
		return
	}
	println("handshake:", took, "instructions;", wire.wrote, "bytes out,", len(answers), "in")
	println("allocated:", allocated, "bytes in all")
	if wire.watched {
		println("live at most:", int(wire.peak-before.HeapInuse), "bytes")
		wire.peak = 0
		wire.look()
		println("live after it:", int(wire.peak-before.HeapInuse), "bytes")
	}
	answers, err = decode(again)
	if err != nil {
		println("again:", err.Error())
		return
	}
	wire.left = answers
	began = clock()
	c = tls.Client(wire, config)
	if err := c.Handshake(); err != nil {
		println("resumed handshake:", err.Error())
		return
	}
	took = clock() - began
	if n, err := c.Read(text[:]); err != nil || string(text[:n]) != "hello" || !c.ConnectionState().DidResume {
		println("read:", string(text[:n]), err, c.ConnectionState().DidResume)
		return
	}
	println("resumed handshake:", took, "instructions;", len(answers), "bytes in")
	if room != 0 {
		load8(&held[0])
	}
	if what == "speed" {
		parts()
	}
}

func decode(text string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(text) }

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
	runtime.GC() // so that there is none within
	began := clock()
	ok := f()
	println(what+":", clock()-began, "instructions", ok)
}

// replay is a connection whose peer says what it has once said.
type replay struct {
	net.Conn
	left    []byte
	wrote   int
	watched bool
	peak    uint64
}

func (r *replay) look() {
	if !r.watched {
		return
	}
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

// held keeps the heap full. It is read by load8, which the compiler cannot see
// through; else it would be left out.
var held []byte

// hold leaves room kB of the heap free, and all in one piece but what was free
// between what is in use.
func hold(room int) {
	if room == 0 {
		return
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	held = make([]byte, int(m.HeapIdle)-room*1024)
	runtime.ReadMemStats(&m)
	println("heap left:", m.HeapIdle, "bytes")
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
	colour = 0        // which a handshake that wipes its stack leaves, where nothing was
)

var top uintptr

// paint colours the stack below this goroutine's first frame.
//
//go:noinline
func paint() {
	// The address of a variable would do only as long as it is on the stack.
	top = riscv.AsmFull("mv {}, sp", nil) - 512
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
