// Package online brings the examples onto the network, and reads their
// settings, so that each example shows only what is its own.
//
// On a computer the network is there, and settings are flags. A board has no
// command line: settings are given to the linker, and the build tags of the
// target choose the network device:
//
//	tag                                     device
//	--------------------------------------  ---------------------------------------
//	ninafw (set by the target)              NINA-FW on an ESP32: Nano RP2040 Connect,
//	                                        Nano 33 IoT, MKR WiFi 1010, PyPortal, ...
//	wioterminal (set by the target)         RTL8720DN of the Wio Terminal
//	challenger_rp2040 (set by the target)   ESP8266 with AT commands
//	comboat_fw                              ESP-AT "combo" firmware, of Elecrow's boards
//	w5500                                   W5500 on the SPI bus of any board
//	cyw43439 (set by the target)            radio of the Pico W and the Pico 2 W
//	none of these                           none: the board talks to itself only
//
// Boards with other devices are in docs/boards.md.
package online

import "os"

// A Setting is a string that the user of an example may give: as a flag on a
// computer, as -ldflags="-X main.VARIABLE=VALUE" for a board.
type Setting struct {
	Name    string  // of the flag
	Value   *string // variable of package main, not initialized: TinyGo's -X sets only such
	Default string
	Usage   string
}

// Say prints a line to standard output, on a board its serial line. It does
// without fmt, which would be half of a small program.
func Say(parts ...string) {
	line := ""
	for _, p := range parts {
		line += p
	}
	os.Stdout.WriteString(line + "\n")
}
