//go:build tinynetport && !notls && port.devicetls

package tls

import (
	"context"
	"errors"
	"net"
	"strings"
	_ "unsafe" // for linkname
)

// The network device does TLS: a Conn is a TLS socket of the device, and
// nothing else. What the device cannot do is an error, before anything is sent.

var (
	errDeviceServer = errors.New("tls: the network device does TLS for clients only, so this program has no TLS server (build tag tlssoftware adds one)")
	errDeviceQUIC   = errors.New("tls: the network device does TLS, which is no good for QUIC (build tag tlssoftware adds it)")
	errDeviceConn   = errors.New("tls: the network device does TLS and cannot do it over a connection that was made without (use Dial, or build tag tlssoftware)")
	errNoKeys       = errors.New("tls: the network device does TLS, and gives out no keying material (build tag tlssoftware does)")
	errNoSessions   = errors.New("tls: the network device does TLS, and this program has no sessions and tickets (build tag tlssoftware adds them)")
)

// An unsupportedField is a field of Config that the device cannot obey.
type unsupportedField string

func (f unsupportedField) Error() string {
	return "tls: the network device does TLS, and cannot obey Config." + string(f) + " (build tag tlssoftware can)"
}

//go:linkname netDialTLS net.dialTLS
func netDialTLS(ctx context.Context, d *net.Dialer, network, addr string) (*net.TLSConn, error)

func dialElsewhere(ctx context.Context, d *net.Dialer, network, addr string, config *Config) (*Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err == nil {
		err = config.forDevice(host)
	}
	if err != nil {
		return nil, err
	}
	raw, err := netDialTLS(ctx, d, network, addr)
	if err != nil {
		return nil, err
	}
	conn := Client(raw, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, err
	}
	return conn, nil
}

func serveElsewhere() error { return errDeviceServer }
func quicElsewhere() error  { return errDeviceQUIC }

// forDevice tells what in c keeps the device from making connections to host as
// c wants them.
func (c *Config) forDevice(host string) error {
	if c == nil {
		return nil
	}
	if name := c.ServerName; name != "" && !strings.EqualFold(name, host) {
		return unsupportedField("ServerName other than the host that is dialled")
	}
	for _, field := range [...]struct {
		name string
		set  bool
	}{
		{"InsecureSkipVerify", c.InsecureSkipVerify},
		{"RootCAs", c.RootCAs != nil},
		{"Certificates", len(c.Certificates) > 0},
		{"NameToCertificate", len(c.NameToCertificate) > 0},
		{"GetCertificate", c.GetCertificate != nil},
		{"GetClientCertificate", c.GetClientCertificate != nil},
		{"GetConfigForClient", c.GetConfigForClient != nil},
		{"VerifyPeerCertificate", c.VerifyPeerCertificate != nil},
		{"VerifyConnection", c.VerifyConnection != nil},
		{"NextProtos", len(c.NextProtos) > 0},
		{"ClientAuth", c.ClientAuth != NoClientCert},
		{"ClientCAs", c.ClientCAs != nil},
		{"MinVersion", c.MinVersion != 0},
		{"MaxVersion", c.MaxVersion != 0},
		{"CipherSuites", c.CipherSuites != nil},
		{"PreferServerCipherSuites", c.PreferServerCipherSuites},
		{"CurvePreferences", len(c.CurvePreferences) > 0},
		{"Rand", c.Rand != nil},
		{"Time", c.Time != nil},
		{"SessionTicketsDisabled", c.SessionTicketsDisabled},
		{"SessionTicketKey", c.SessionTicketKey != [32]byte{}},
		{"ClientSessionCache", c.ClientSessionCache != nil},
		{"UnwrapSession", c.UnwrapSession != nil},
		{"WrapSession", c.WrapSession != nil},
		{"DynamicRecordSizingDisabled", c.DynamicRecordSizingDisabled},
		{"Renegotiation", c.Renegotiation != RenegotiateNever},
		{"KeyLogWriter", c.KeyLogWriter != nil},
		{"EncryptedClientHelloConfigList", c.EncryptedClientHelloConfigList != nil},
		{"EncryptedClientHelloRejectionVerify", c.EncryptedClientHelloRejectionVerify != nil},
	} {
		if field.set {
			return unsupportedField(field.name)
		}
	}
	return c.newerForDevice()
}

// verdict tells why c is not TLS as config asks for, or else with whom it is. The
// device did the handshake when it connected.
func (c *Conn) verdict(config *Config) (serverName string, err error) {
	if !c.isClient {
		return "", errDeviceServer
	}
	raw, ok := c.conn.(*net.TLSConn)
	if !ok {
		return "", errDeviceConn
	}
	return raw.Host(), config.forDevice(raw.Host())
}
