//go:build tinynetport && !notls && port.devicetls

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
