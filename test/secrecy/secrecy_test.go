//go:build tinynet_port

package secrecy_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/smtp"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/devtest"
	"github.com/tinynet/tinynet/netdev/simdev"
)

// Who does TLS, by the build tags of this test.
const (
	inSoftware = iota
	onDevice
	nowhere
)

// secret is what the application sends. It has to go nowhere in the clear.
const secret = "correct-horse-battery-staple"

const (
	// soon is when an API gives up that has no reason to.
	soon = 150 * time.Millisecond
	// patience is how long anything may take that comes in the end.
	patience = 20 * time.Second
)

// Devices, by what they do with a TLS socket and what they say of it.
var devices = []struct {
	name    string
	tls     simdev.TLS
	use     func(netdev.Netdever)
	vouched bool // it may be given TLS sockets
}{
	{"no TLS", simdev.NoTLS, netdev.Use, false},
	{"TCP for TLS", simdev.PlainTLS, netdev.Use, false},
	{"undeclared TLS", simdev.Offload, netdev.Use, false},
	{"TLS, it says", simdev.Offload, func(d netdev.Netdever) { netdev.Use(saying{d, true}) }, true},
	{"TCP for TLS, says no", simdev.PlainTLS, func(d netdev.Netdever) { netdev.Use(saying{d, false}) }, false},
	{"TLS, the program says", simdev.Offload, netdev.UseTLS, true},
	{"no TLS, the program errs", simdev.NoTLS, netdev.UseTLS, true},
}

// saying is a device with TLSOffload.
type saying struct {
	netdev.Netdever
	yes bool
}

func (s saying) TLSOffload() bool { return s.yes }

// Peers, by how they answer a client. One that answers a request for secrets
// with its own plaintext is an attacker, or a proxy.
var peers = []struct {
	name  string
	serve func(c net.Conn)
}{
	{"silent", func(c net.Conn) {}},
	{"closes", func(c net.Conn) { c.Close() }},
	{"plain HTTP", func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") }},
	{"alert", func(c net.Conn) { c.Write([]byte{21, 3, 3, 0, 2, 2, 40}); c.Close() }},
	{"truncated", func(c net.Conn) { c.Write([]byte{22, 3, 3, 0, 90, 2, 0, 0, 86, 3, 3}); c.Close() }},
	{"STARTTLS", func(c net.Conn) {
		io.WriteString(c, "220 mail\r\n")
		for r := bufio.NewReader(c); ; {
			line, err := r.ReadString('\n')
			switch {
			case err != nil:
				return
			case strings.HasPrefix(line, "EHLO"):
				io.WriteString(c, "250-mail\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n")
			default:
				io.WriteString(c, "220 go on\r\n")
			}
		}
	}},
}

// Programs, by the API that they trust.
var programs = []struct {
	name string
	run  func(addr string) error
	raw  bool // it is for TLS in software: the device cannot do it
}{
	{name: "http.Post", run: func(addr string) error { return post(addr, &http.Transport{}) }},
	{name: "http with roots", raw: true, run: func(addr string) error {
		return post(addr, &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}})
	}},
	{name: "http with a dialer", raw: true, run: func(addr string) error {
		return post(addr, &http.Transport{DialContext: new(net.Dialer).DialContext})
	}},
	{name: "http through a proxy", raw: true, run: func(addr string) error {
		return post("elsewhere.example:443", &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: addr})})
	}},
	{name: "http with HTTP/2", run: func(addr string) error { return post(addr, &http.Transport{ForceAttemptHTTP2: true}) }},
	{name: "tls.Dial", run: func(addr string) error {
		c, err := tls.DialWithDialer(&net.Dialer{Timeout: soon}, "tcp", addr, nil)
		return say(c, err)
	}},
	{name: "tls.Dialer", run: func(addr string) error {
		ctx, cancel := context.WithTimeout(context.Background(), soon)
		defer cancel()
		c, err := new(tls.Dialer).DialContext(ctx, "tcp", addr)
		return say(c, err)
	}},
	{name: "tls.Dial unverified", raw: true, run: func(addr string) error {
		c, err := tls.DialWithDialer(&net.Dialer{Timeout: soon}, "tcp", addr, &tls.Config{InsecureSkipVerify: true})
		return say(c, err)
	}},
	{name: "tls.Client", raw: true, run: func(addr string) error {
		c, err := net.DialTimeout("tcp", addr, soon)
		if err != nil {
			return err
		}
		return say(tls.Client(c, &tls.Config{ServerName: "peer.example"}), nil)
	}},
	{name: "tls.Client, its error ignored", raw: true, run: func(addr string) error {
		c, err := net.DialTimeout("tcp", addr, soon)
		if err != nil {
			return err
		}
		t := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
		t.SetDeadline(time.Now().Add(soon))
		t.Handshake()
		_, err = t.Write([]byte(secret))
		t.Write([]byte(secret))
		t.CloseWrite()
		t.Close()
		return err
	}},
	{name: "net.DialTLS", run: func(addr string) error {
		c, err := net.DialTLS(addr)
		return say(c, err)
	}},
	{name: "smtp", raw: true, run: func(addr string) error {
		c, err := net.DialTimeout("tcp", addr, soon)
		if err != nil {
			return err
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(soon))
		m, err := smtp.NewClient(c, "peer.example")
		if err != nil {
			return err
		}
		if err := m.StartTLS(&tls.Config{ServerName: "peer.example"}); err != nil {
			return err
		}
		return m.Auth(smtp.PlainAuth("", "me", secret, "peer.example"))
	}},
}

func post(addr string, t *http.Transport) error {
	defer t.CloseIdleConnections()
	c := &http.Client{Transport: t, Timeout: soon}
	req, err := http.NewRequest("POST", "https://"+addr+"/"+secret, strings.NewReader(secret))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", secret)
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.ReadAll(resp.Body)
	return err
}

func say(c net.Conn, err error) error {
	if err != nil || reflect.ValueOf(c).IsNil() {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(soon))
	if _, err = io.WriteString(c, secret); err != nil {
		return err
	}
	_, err = c.Read(make([]byte, 16))
	return err
}

// A wire is what a peer has received.
type wire struct {
	mu   sync.Mutex
	got  bytes.Buffer
	open sync.WaitGroup
}

func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.got.Write(p)
}

// tapped is a connection of the peer whose arriving bytes are on record.
type tapped struct {
	net.Conn
	wire *wire
}

func (t tapped) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	t.wire.Write(p[:max(n, 0)])
	return n, err
}

// bytes waits for the connections to end, and returns all that came.
func (w *wire) bytes(t *testing.T) []byte {
	t.Helper()
	done := make(chan struct{})
	go func() { w.open.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(patience):
		t.Error("a connection stays open")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return bytes.Clone(w.got.Bytes())
}

// join puts a device of that kind and a peer on a network.
func join(t *testing.T, kind simdev.TLS) (*simdev.Device, devtest.Peer) {
	t.Helper()
	network := simdev.NewNetwork()
	other := network.Join(simdev.Profile("good").At("10.0.0.2"))
	peer, err := devtest.Device(other.Netdever())
	if err != nil {
		t.Fatal(err)
	}
	conf := simdev.Profile("good")
	conf.TLS = kind
	conf.Names = map[string]netip.Addr{"peer.example": peer.Addr()}
	dev := network.Join(conf)
	t.Cleanup(func() { netdev.Use(nil); dev.Halt(); other.Halt() })
	return dev, peer
}

// listen has the peer serve its connections and record them.
func listen(t *testing.T, peer devtest.Peer, serve func(net.Conn)) (addr string, w *wire, stop func()) {
	t.Helper()
	l, err := peer.Listen()
	if err != nil {
		t.Fatal(err)
	}
	w = &wire{}
	var once sync.Once
	stop = func() { once.Do(func() { l.Close() }) }
	t.Cleanup(stop)
	w.open.Add(1)
	go func() {
		defer w.open.Done()
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			w.open.Add(1)
			go func() {
				defer w.open.Done()
				defer c.Close()
				serve(tapped{c, w})
				io.Copy(io.Discard, tapped{c, w})
			}()
		}
	}()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort("peer.example", port), w, stop
}

func TestNoPlaintext(t *testing.T) {
	for _, d := range devices {
		for _, peer := range peers {
			for _, program := range programs {
				t.Run(d.name+"/"+peer.name+"/"+program.name, func(t *testing.T) {
					dev, far := join(t, d.tls)
					addr, w, stop := listen(t, far, peer.serve)
					d.use(dev.Netdever())
					err := program.run(addr)
					stop()
					got := w.bytes(t)
					if bytes.Contains(got, []byte(secret)) || bytes.Contains(got, []byte(secret[:8])) {
						t.Errorf("the secret was sent in the clear: %q", got)
					}
					if err == nil && !(d.vouched && (mode == onDevice || program.name == "net.DialTLS")) { // simulated TLS verifies nothing
						t.Error("no error, though the peer does no TLS")
					}
					if mode != inSoftware && (program.raw || !d.vouched && program.name != "net.DialTLS") && len(got) > 0 && peer.name != "STARTTLS" {
						t.Errorf("%q was sent, though nothing can come of it", got)
					}
					if !d.vouched && dev.TLSSockets() > 0 {
						t.Error("a device that does not say that it does TLS was asked for a TLS socket")
					}
					if n := dev.OpenSockets(); n != 0 && !dev.AwaitSockets(0, patience) {
						t.Errorf("%d sockets are left open", n)
					}
				})
			}
		}
	}
}

// scrambled is the other side of what a simulated device does for TLS.
func scrambled(text string) []byte {
	out := []byte(text)
	for i := range out {
		out[i] ^= 0xaa
	}
	return out
}

// TestOffload shows that what the device can do works.
func TestOffload(t *testing.T) {
	if mode != onDevice {
		t.Skip("for TLS by the device")
	}
	for _, d := range devices {
		if !d.vouched || d.tls != simdev.Offload {
			continue
		}
		for _, profile := range []string{"good", "wifinina", "rtl8720dn", "espat"} {
			t.Run(d.name+"/"+profile, func(t *testing.T) {
				network := simdev.NewNetwork()
				other := network.Join(simdev.Profile("good").At("10.0.0.2"))
				peer, err := devtest.Device(other.Netdever())
				if err != nil {
					t.Fatal(err)
				}
				conf := simdev.Profile(profile).Faster(10)
				conf.TLS = simdev.Offload
				conf.Names = map[string]netip.Addr{"peer.example": peer.Addr()}
				dev := network.Join(conf)
				t.Cleanup(func() { netdev.Use(nil); dev.Halt(); other.Halt() })
				d.use(dev.Netdever())
				addr, w, stop := listen(t, peer, func(c net.Conn) {
					buf := make([]byte, 4096)
					c.Read(buf)
					c.Write(scrambled("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"))
					c.Read(buf)
				})
				client := &http.Client{Transport: &http.Transport{}, Timeout: patience}
				resp, err := client.Get("https://" + addr + "/" + secret)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if string(body) != "hello" || err != nil {
					t.Errorf("the body is %q, %v", body, err)
				}
				if resp.TLS == nil || !resp.TLS.HandshakeComplete || resp.TLS.ServerName != "peer.example" {
					t.Errorf("Response.TLS = %+v", resp.TLS)
				}
				client.CloseIdleConnections()
				if !dev.AwaitSockets(0, patience) {
					t.Errorf("%d sockets are left open", dev.OpenSockets())
				}

				c, err := tls.Dial("tcp", addr, &tls.Config{ServerName: "PEER.example"})
				if err != nil {
					t.Fatal(err)
				}
				if err := c.Handshake(); err != nil {
					t.Error(err)
				}
				if _, err := io.WriteString(c, secret); err != nil {
					t.Error(err)
				}
				line, err := bufio.NewReader(c).ReadString('\n')
				if line != "HTTP/1.1 200 OK\r\n" || err != nil {
					t.Errorf("read %q, %v", line, err)
				}
				if err := c.CloseWrite(); err == nil {
					t.Error("CloseWrite says that it has done something")
				}
				if err := c.VerifyHostname("other.example"); err == nil {
					t.Error("VerifyHostname knows a certificate that the device has kept")
				}
				if err := c.Close(); err != nil {
					t.Error(err)
				}
				stop()
				got := w.bytes(t)
				if bytes.Contains(got, []byte(secret)) {
					t.Errorf("the secret was sent in the clear: %q", got)
				}
				if n := bytes.Count(got, scrambled(secret)); n != 2 {
					t.Errorf("the secret came %d times, not 2", n)
				}
			})
		}
	}
}

// TestRefusedFields sets each field of a Config in turn: with TLS by the device
// each has to be refused by its name, and nothing sent.
func TestRefusedFields(t *testing.T) {
	if mode != onDevice {
		t.Skip("for TLS by the device")
	}
	for i := range reflect.TypeFor[tls.Config]().NumField() {
		field := reflect.TypeFor[tls.Config]().Field(i)
		if !field.IsExported() {
			continue
		}
		t.Run(field.Name, func(t *testing.T) {
			dev, far := join(t, simdev.Offload)
			addr, w, stop := listen(t, far, func(net.Conn) {})
			netdev.UseTLS(dev.Netdever())
			config := new(tls.Config)
			fill(t, reflect.ValueOf(config).Elem().Field(i))
			for _, dial := range []func() (*tls.Conn, error){
				func() (*tls.Conn, error) { return tls.Dial("tcp", addr, config) },
				func() (*tls.Conn, error) {
					c, err := net.DialTLS(addr)
					if err != nil {
						t.Fatal(err)
					}
					defer c.Close()
					s := tls.Client(c, config)
					_, err = s.Write([]byte(secret))
					return s, err
				},
			} {
				c, err := dial()
				if err == nil {
					c.Close()
					t.Fatal("it is ignored")
				}
				if !strings.Contains(err.Error(), field.Name) {
					t.Errorf("the error does not name it: %v", err)
				}
			}
			stop()
			if got := w.bytes(t); len(got) > 0 {
				t.Errorf("%q was sent", got)
			}
		})
	}
}

// fill gives v a value other than its zero.
func fill(t *testing.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString("other.example")
	case reflect.Int:
		v.SetInt(1)
	case reflect.Uint16:
		v.SetUint(1)
	case reflect.Array:
		fill(t, v.Index(0))
	case reflect.Uint8:
		v.SetUint(1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.Zero(v.Type().Key()), reflect.Zero(v.Type().Elem()))
	case reflect.Func:
		v.Set(reflect.MakeFunc(v.Type(), func([]reflect.Value) []reflect.Value { panic("called") }))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Interface:
		for _, x := range []any{zeros{}, tls.NewLRUClientSessionCache(1)} {
			if reflect.TypeOf(x).Implements(v.Type()) {
				v.Set(reflect.ValueOf(x))
				return
			}
		}
		t.Fatalf("no value for a %v", v.Type())
	default:
		t.Fatalf("no value for a %v", v.Type())
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error)  { return len(p), nil }
func (zeros) Write(p []byte) (int, error) { return len(p), nil }

// TestServers asks servers of TLS for their secret in the clear.
func TestServers(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, secret) })
	certificate := tls.Certificate{Certificate: [][]byte{{}}} // no good, which matters only later
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	servers := []struct {
		name  string
		start func() (addr net.Addr, stop func(), err error)
	}{
		{"http.ServeTLS", func() (net.Addr, func(), error) {
			l, err := net.Listen("tcp", ":8443")
			if err != nil {
				return nil, nil, err
			}
			s := &http.Server{Handler: handler, TLSConfig: config}
			errc := make(chan error, 1)
			go func() { errc <- s.ServeTLS(l, "", "") }()
			if mode != inSoftware {
				err := <-errc
				l.Close()
				return nil, nil, err
			}
			return l.Addr(), func() { s.Close(); <-errc }, nil
		}},
		{"tls.Listen", func() (net.Addr, func(), error) {
			l, err := tls.Listen("tcp", ":8443", config)
			if err != nil {
				return nil, nil, err
			}
			return l.Addr(), serve(l), nil
		}},
		{"tls.NewListener", func() (net.Addr, func(), error) {
			inner, err := net.Listen("tcp", ":8443")
			if err != nil {
				return nil, nil, err
			}
			l := tls.NewListener(inner, config)
			return l.Addr(), serve(l), nil
		}},
		{"tls.Server", func() (net.Addr, func(), error) {
			inner, err := net.Listen("tcp", ":8443")
			if err != nil {
				return nil, nil, err
			}
			return inner.Addr(), serve(over{inner, config}), nil
		}},
	}
	for _, d := range devices {
		for _, server := range servers {
			t.Run(d.name+"/"+server.name, func(t *testing.T) {
				dev, far := join(t, d.tls)
				d.use(dev.Netdever())
				addr, stop, err := server.start()
				if err != nil {
					if mode == inSoftware {
						t.Fatal(err)
					}
					if !strings.Contains(err.Error(), "TLS") {
						t.Errorf("the error does not say what is missing: %v", err)
					}
					return
				}
				defer stop()
				if mode != inSoftware && strings.HasSuffix(server.name, "isten") {
					t.Fatal("no error")
				}
				local, _ := dev.Addr()
				_, port, _ := net.SplitHostPort(addr.String())
				c, err := far.Dial(netip.MustParseAddrPort(net.JoinHostPort(local.String(), port)))
				if err != nil {
					if mode == inSoftware {
						t.Fatal(err)
					}
					return // nobody listens any more
				}
				defer c.Close()
				c.SetDeadline(time.Now().Add(soon))
				io.WriteString(c, "GET / HTTP/1.0\r\n\r\n")
				got, _ := io.ReadAll(c)
				if bytes.Contains(got, []byte(secret)) {
					t.Errorf("the server gives its secret in the clear: %q", got)
				}
			})
		}
	}
}

// over makes TLS of each connection of a listener.
type over struct {
	net.Listener
	config *tls.Config
}

func (o over) Accept() (net.Conn, error) {
	c, err := o.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return tls.Server(c, o.config), nil
}

// serve gives each client of l the secret.
func serve(l net.Listener) (stop func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				l.Close()
				return
			}
			io.WriteString(c, secret)
			c.Close()
		}
	}()
	return func() { l.Close(); <-done }
}

// TestErrors holds the errors against what they have to tell.
func TestErrors(t *testing.T) {
	dev, far := join(t, simdev.PlainTLS)
	netdev.Use(dev.Netdever())
	addr, _, _ := listen(t, far, func(net.Conn) {})
	_, err := tls.DialWithDialer(&net.Dialer{Timeout: soon}, "tcp", addr, nil)
	var op *net.OpError
	switch mode {
	case nowhere:
		if err == nil || !strings.Contains(err.Error(), "notls") {
			t.Errorf("Dial without TLS: %v", err)
		}
	case onDevice:
		if !errors.As(err, &op) || !strings.Contains(err.Error(), "TLSOffload") {
			t.Errorf("Dial on a device without TLS: %v", err)
		}
	case inSoftware:
		if ne, ok := err.(net.Error); !ok || !ne.Timeout() {
			t.Errorf("Dial to a silent peer: %v", err)
		}
	}
}
