//go:build tinynetport && !notls && port.devicetls

package tls

// newerForDevice is forDevice for the fields that later releases of Go added.
func (c *Config) newerForDevice() error {
	if c.EncryptedClientHelloKeys != nil {
		return unsupportedField("EncryptedClientHelloKeys")
	}
	return nil
}
