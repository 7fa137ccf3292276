// file: roots.pem

package snippet

import (
	"crypto/tls"
	"crypto/x509"
	_ "embed"
)

// SNIPPET
