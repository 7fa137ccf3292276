// Handed serves a web page on the listener that a wasip1 host hands to it as file
// 3, and says what it makes of files that are none.
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"
)

func main() {
	if _, err := net.FileListener(os.Stdin); !errors.Is(err, syscall.ENOTSOCK) {
		fmt.Println("FileListener of standard input:", err)
		os.Exit(1)
	}
	// The host hands it in blocking, and a call that blocks stops the whole program.
	if err := syscall.SetNonblock(3, true); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	l, err := net.FileListener(os.NewFile(3, "listener"))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	if _, ok := l.Addr().(*net.TCPAddr); !ok {
		fmt.Printf("the address is a %T\n", l.Addr())
		os.Exit(1)
	}
	tcp := l.(*net.TCPListener)
	tcp.SetDeadline(time.Now().Add(10 * time.Millisecond))
	if _, err := l.Accept(); !errors.Is(err, os.ErrDeadlineExceeded) {
		fmt.Println("Accept after its deadline:", err)
		os.Exit(1)
	}
	tcp.SetDeadline(time.Time{})
	done := make(chan bool)
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/end" {
			defer close(done)
		}
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s", r.Method, r.URL.Path, body)
	})}
	go func() {
		<-done
		srv.Close() // while Accept waits
	}()
	fmt.Println("serving")
	fmt.Println(srv.Serve(l))
}
