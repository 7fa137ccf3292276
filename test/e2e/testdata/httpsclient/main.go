// Command httpsclient is the program that the budget of an https client is
// measured with: one GET, certificates verified against embedded roots, a
// network device that is set.
package main

import (
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"io"
	"net/http"
	"net/netip"
	"time"

	"github.com/tinynet/tinynet/netdev"
)

// roots are the P-384 and RSA roots of two certificate authorities. As a string
// they stay in flash; a []byte would take RAM.
//
//go:embed roots.pem
var roots string

func main() {
	netdev.Use(silent{})
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(roots)) {
		println("no root certificate in roots.pem")
		return
	}
	client := &http.Client{
		Timeout:   30 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}},
	}
	resp, err := client.Get("https://example.org/")
	if err != nil {
		println("get:", err.Error())
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		println("read:", err.Error())
		return
	}
	println(resp.Status, string(body))
}

// silent is a device whose connections end at once.
type silent struct{}

func (silent) GetHostByName(string) (netip.Addr, error) {
	return netip.AddrFrom4([4]byte{192, 0, 2, 1}), nil
}
func (silent) Addr() (netip.Addr, error) { return netip.AddrFrom4([4]byte{192, 0, 2, 2}), nil }
func (silent) Socket(domain, stype, protocol int) (int, error) {
	if protocol == netdev.IPPROTO_TLS {
		return -1, netdev.ErrProtocolNotSupported
	}
	return 0, nil
}
func (silent) Bind(int, netip.AddrPort) error                        { return nil }
func (silent) Connect(int, string, netip.AddrPort) error             { return nil }
func (silent) Listen(int, int) error                                 { return nil }
func (silent) Send(_ int, b []byte, _ int, _ time.Time) (int, error) { return len(b), nil }
func (silent) Recv(int, []byte, int, time.Time) (int, error)         { return 0, io.EOF }
func (silent) Close(int) error                                       { return nil }
func (silent) SetSockOpt(int, int, int, interface{}) error           { return nil }
func (silent) Accept(int) (int, netip.AddrPort, error) {
	return -1, netip.AddrPort{}, netdev.ErrNoMoreSockets
}
