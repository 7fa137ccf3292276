//go:build tinynet_port

package interop_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"testing"
	"time"
)

// pieces is a connection of which a Read returns as little as it likes, or with the
// error that ends it.
type pieces struct {
	net.Conn
	random *rand.Rand
	most   int
}

func (p *pieces) Read(b []byte) (int, error) {
	return p.Conn.Read(b[:min(len(b), 1+p.random.IntN(p.most))])
}

// ends are what a server and a client that trusts it are configured with.
func ends(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	server, err := side{Pair: "p256"}.config(certificates)
	if err != nil {
		t.Fatal(err)
	}
	client, err = side{Roots: "roots", Name: "board.example"}.config(certificates)
	if err != nil {
		t.Fatal(err)
	}
	return server, client
}

// Records come in pieces that end anywhere, and several at once; what is sent is what
// is read.
func TestPieces(t *testing.T) {
	server, client := ends(t)
	random := rand.New(rand.NewPCG(1, 2))
	sent := make([]byte, 200_000)
	for i := range sent {
		sent[i] = byte(random.Uint32())
	}
	for _, most := range []int{1, 2, 5, 6, 100, 517, 1000, 16 << 10, 1 << 20} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() {
			done <- func() error {
				raw, err := listener.Accept()
				if err != nil {
					return err
				}
				defer raw.Close()
				raw.SetDeadline(time.Now().Add(limit))
				c := tls.Server(&pieces{raw, rand.New(rand.NewPCG(3, uint64(most))), most}, server)
				for rest := sent; len(rest) > 0; {
					n, err := c.Write(rest[:min(len(rest), 1+len(rest)%20_000)])
					if err != nil {
						return err
					}
					rest = rest[n:]
				}
				return c.Close()
			}()
		}()
		raw, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		raw.SetDeadline(time.Now().Add(limit))
		c := tls.Client(&pieces{raw, rand.New(rand.NewPCG(4, uint64(most))), most}, client)
		got, err := io.ReadAll(c)
		if err != nil || !bytes.Equal(got, sent) {
			t.Errorf("in pieces of %d: got %d bytes, %v, want the %d that were sent", most, len(got), err, len(sent))
		}
		c.Close()
		listener.Close()
		if err := <-done; err != nil {
			t.Errorf("in pieces of %d: the server: %v", most, err)
		}
	}
}

// A deadline that passes within a record loses nothing of it, as in Go.
func TestPiecesAndDeadline(t *testing.T) {
	server, client := ends(t)
	ours, theirs := net.Pipe()
	defer ours.Close()
	defer theirs.Close()
	held := &holding{Conn: theirs, pass: make(chan int)}
	go func() {
		c := tls.Server(held, server)
		if c.Handshake() != nil {
			return
		}
		held.holds = true
		c.Write(bytes.Repeat([]byte("x"), 3000))
	}()
	c := tls.Client(ours, client)
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	var got []byte
	b := make([]byte, 4000)
	for _, n := range []int{2, 3, 700, 600, 0} {
		if n > 0 {
			held.pass <- n
		} else {
			close(held.pass)
		}
		for len(got) < 3000 {
			c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			n, err := c.Read(b)
			got = append(got, b[:n]...)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if want := bytes.Repeat([]byte("x"), 3000); !bytes.Equal(got, want) {
		t.Errorf("got %d bytes, want %d", len(got), len(want))
	}
}

// holding is a connection that writes as much as it is told to, if it holds, and the
// rest when it is told no more.
type holding struct {
	net.Conn
	holds bool
	pass  chan int
}

func (h *holding) Write(b []byte) (int, error) {
	written := 0
	for written < len(b) {
		n := len(b) - written
		if h.holds {
			if most, ok := <-h.pass; ok {
				n = min(n, most)
			}
		}
		m, err := h.Conn.Write(b[written : written+n])
		written += m
		if err != nil {
			return written, err
		}
	}
	return written, nil
}
