//go:build tinynetport

package x509

import "net"

// nameText gives what checkConstraints has as its name in an error as something that
// package brief prints.
func nameText(name any) any {
	switch name := name.(type) {
	case net.IP:
		return name.String()
	case parsedURI:
		return name.String()
	case rfc2821Mailbox:
		return name.String()
	}
	return name
}
