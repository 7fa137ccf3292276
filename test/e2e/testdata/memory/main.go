// Memory calls memset and memcpy, which the port has in the place of the C library's on
// boards, with every alignment and with lengths around those where they change their
// steps, and checks each byte, also those before and behind.
//
//	tinynet tinygo build -target=riscv-qemu -scheduler=tasks -o memory.elf .
package main

import (
	_ "net"
	"unsafe"
)

//export memset
func memset(to unsafe.Pointer, value int32, n uintptr) unsafe.Pointer

//export memcpy
func memcpy(to, from unsafe.Pointer, n uintptr) unsafe.Pointer

const room = 160

var to, from [room]byte

// fill is a byte for each place that differs from its neighbours'.
func fill(b *[room]byte, first byte) {
	for i := range b {
		b[i] = first + byte(i)*7
	}
}

func check(what string, at, source, n int, want func(i int) byte) {
	for i, got := range to {
		w := 1 + byte(i)*7
		if i >= at && i < at+n {
			w = want(i - at)
		}
		if got != w {
			println(what, "to", at, "from", source, "length", n, "byte", i, "is", got, "want", w)
			panic("not as wanted")
		}
	}
}

func main() {
	checks := 0
	for at := range 9 {
		for n := range 120 {
			for _, value := range [...]int32{0, 0x5a, 0xff, -1, 0x1234} {
				fill(&to, 1)
				if memset(unsafe.Pointer(&to[at]), value, uintptr(n)) != unsafe.Pointer(&to[at]) {
					panic("memset does not return where it wrote")
				}
				check("memset", at, 0, n, func(int) byte { return byte(value) })
				checks++
			}
			for source := range 5 {
				fill(&to, 1)
				fill(&from, 100)
				if memcpy(unsafe.Pointer(&to[at]), unsafe.Pointer(&from[source]), uintptr(n)) != unsafe.Pointer(&to[at]) {
					panic("memcpy does not return where it wrote")
				}
				check("memcpy", at, source, n, func(i int) byte { return from[source+i] })
				checks++
			}
		}
	}
	println("checks:", checks)
	println("end")
}
