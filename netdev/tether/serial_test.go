package tether_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/tinynet/tinynet/netdev/tether"
)

// A port has what package machine's serial ports have, and no Read.
type port struct {
	in  []byte
	out bytes.Buffer
	err error
}

func (p *port) Write(b []byte) (int, error) { return p.out.Write(b) }
func (p *port) Buffered() int               { return len(p.in) }

func (p *port) ReadByte() (byte, error) {
	if p.err != nil {
		return 0, p.err
	}
	b := p.in[0]
	p.in = p.in[1:]
	return b, nil
}

func TestSerial(t *testing.T) {
	p := &port{in: []byte("hello")}
	line := tether.Serial(p)
	buf := make([]byte, 3)
	for _, want := range []string{"hel", "lo", ""} {
		if n, err := line.Read(buf); string(buf[:n]) != want || err != nil {
			t.Errorf("Read gives %q, %v, want %q", buf[:n], err, want)
		}
	}
	if n, err := line.Write([]byte("x")); n != 1 || err != nil || p.out.String() != "x" {
		t.Errorf("Write gives %d, %v, and writes %q", n, err, &p.out)
	}
	p.in, p.err = []byte("y"), errors.New("unplugged")
	if n, err := line.Read(buf); n != 0 || err != p.err {
		t.Errorf("Read gives %d, %v, want 0, %v", n, err, p.err)
	}
}
