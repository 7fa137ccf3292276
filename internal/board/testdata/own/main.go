//go:build baremetal

// Own does what TinyGo's own net can do of program measure, over the W5500 with its
// driver as it is.
package main

import (
	"io"
	"machine"
	"net/http"
	"net/netip"
	"strconv"

	"tinygo.org/x/drivers/netdev"
	"tinygo.org/x/drivers/w5500"
)

func main() {
	machine.SPI0.Configure(machine.SPIConfig{Frequency: 20e6})
	cs := machine.GPIO17
	cs.Configure(machine.PinConfig{Mode: machine.PinOutput})
	cs.High()
	driver := w5500.New(machine.SPI0, cs)
	if err := driver.Configure(w5500.Config{
		MAC:        []byte{2, 0x55, 192, 168, 1, 2},
		IP:         netip.AddrFrom4([4]byte{192, 168, 1, 2}),
		SubnetMask: netip.AddrFrom4([4]byte{255, 255, 255, 0}),
		Gateway:    netip.AddrFrom4([4]byte{192, 168, 1, 1}),
	}); err != nil {
		panic(err)
	}
	netdev.UseNetdev(driver)
	page := make([]byte, 4096)
	for i := range page {
		page[i] = 'a' + byte(i%26)
	}
	http.HandleFunc("/small", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "small") })
	http.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "4096")
		w.Write(page)
	})
	http.HandleFunc("/down", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "65536")
		for range 16 {
			w.Write(page)
		}
	})
	http.HandleFunc("/up", func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		io.WriteString(w, strconv.FormatInt(n, 10))
	})
	panic(http.ListenAndServe(":80", nil))
}
