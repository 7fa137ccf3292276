//go:build tinynetport && !notls && (tlsoffload || (!tlssoftware && (ninafw || wioterminal || challenger_rp2040 || comboat_fw)))

package tls

// newerForDevice is forDevice for the fields that later releases of Go added.
func (c *Config) newerForDevice() error {
	switch {
	case c.EncryptedClientHelloKeys != nil:
		return unsupportedField("EncryptedClientHelloKeys")
	case c.GetEncryptedClientHelloKeys != nil:
		return unsupportedField("GetEncryptedClientHelloKeys")
	}
	return nil
}
