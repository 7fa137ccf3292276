// Guest does on a board what the tests of boards ask it to.
package main

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/tinynet/tinynet/internal/board/testdata/evb"
	"github.com/tinynet/tinynet/netdev"
)

func main() {
	evb.Join()
	tcp, err := net.Listen("tcp", ":7")
	check(err)
	udp, err := net.ListenPacket("udp", ":7")
	check(err)
	web, err := net.Listen("tcp", ":80")
	check(err)
	go echo(tcp)
	go echoDatagrams(udp)
	http.HandleFunc("GET /bytes", bytes)
	http.HandleFunc("POST /get", get)
	http.HandleFunc("GET /late", late)
	http.HandleFunc("GET /lookup", lookup)
	http.HandleFunc("GET /random", random)
	http.HandleFunc("GET /date", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, time.Now().UTC().Format(time.RFC3339))
	})
	http.HandleFunc("GET /device", func(w http.ResponseWriter, r *http.Request) {
		if dev := netdev.Host(); dev == nil {
			http.Error(w, "there is no device", http.StatusInternalServerError)
		} else if addr, err := dev.GetHostByName(r.FormValue("name")); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		} else {
			io.WriteString(w, addr.String())
		}
	})
	http.HandleFunc("GET /exit", func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(r.FormValue("status"))
		os.Exit(status)
	})
	println("guest: ready")
	check(http.Serve(web, nil))
}

func check(err error) {
	if err != nil {
		println("guest:", err.Error())
		os.Exit(1)
	}
}

func echo(l net.Listener) {
	for {
		c, err := l.Accept()
		if e, ok := err.(interface{ Temporary() bool }); ok && e.Temporary() {
			time.Sleep(20 * time.Millisecond) // a W5500 has eight sockets: one is free again when a connection ends
			continue
		}
		check(err)
		go func() {
			defer c.Close()
			buf := make([]byte, 1024)
			for {
				n, err := c.Read(buf)
				if err != nil {
					return
				}
				if _, err := c.Write(buf[:n]); err != nil {
					return
				}
			}
		}()
	}
}

func echoDatagrams(c net.PacketConn) {
	buf := make([]byte, 2048)
	for {
		n, from, err := c.ReadFrom(buf)
		check(err)
		c.WriteTo(buf[:n], from)
	}
}

// bytes sends n of them: 0, 1, 2, ... 250, 0, ...
func bytes(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.FormValue("n"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(n))
	buf := make([]byte, 251)
	for i := range buf {
		buf[i] = byte(i)
	}
	for n > 0 {
		m, err := w.Write(buf[:min(n, len(buf))])
		if err != nil {
			return
		}
		n -= m
	}
}

// get fetches a URL, trusting the certificate in the body only.
func get(w http.ResponseWriter, r *http.Request) {
	pem, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	conf := &tls.Config{RootCAs: roots}
	if seconds, err := strconv.ParseInt(r.FormValue("time"), 10, 64); err == nil { // for boards without a clock
		conf.Time = func() time.Time { return time.Unix(seconds, 0) }
	}
	client := &http.Client{
		Transport: &http.Transport{TLSClientConfig: conf},
		Timeout:   2 * time.Minute,
	}
	resp, err := client.Get(r.FormValue("url"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	w.WriteHeader(resp.StatusCode)
	io.Copy(w, resp.Body)
}

// random tells 16 random bytes.
func random(w http.ResponseWriter, r *http.Request) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	io.WriteString(w, hex.EncodeToString(b[:]))
}

// late reads from a listener that never speaks, with a deadline, and tells how
// long that took.
func late(w http.ResponseWriter, r *http.Request) {
	wait, err := time.ParseDuration(r.FormValue("wait"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c, err := net.Dial("tcp", r.FormValue("addr"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer c.Close()
	start := time.Now()
	c.SetReadDeadline(start.Add(wait))
	_, err = c.Read(make([]byte, 1))
	if e, ok := err.(net.Error); !ok || !e.Timeout() {
		http.Error(w, "Read does not time out", http.StatusInternalServerError)
		return
	}
	io.WriteString(w, time.Since(start).String())
}

// lookup looks a name up.
func lookup(w http.ResponseWriter, r *http.Request) {
	addrs, err := net.LookupHost(r.FormValue("name"))
	if err != nil {
		e, _ := err.(*net.DNSError)
		http.Error(w, err.Error()+" not found: "+strconv.FormatBool(e != nil && e.IsNotFound), http.StatusNotFound)
		return
	}
	for _, a := range addrs {
		io.WriteString(w, a+"\n")
	}
}
