//go:build !baremetal && tinynet

package online

import "github.com/tinynet/tinynet/netdev"

func init() { device = netdev.Host() }
