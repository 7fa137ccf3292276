package snippet

import (
	"net/netip"
	"testing"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/devtest"
)

func newDevice(t *testing.T) netdev.Netdever { return nil }

// SNIPPET
