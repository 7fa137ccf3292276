// tags: baremetal ninafw

package snippet

import (
	"tinygo.org/x/drivers/netlink"
	"tinygo.org/x/drivers/netlink/probe"
)

func join(ssid, pass string) error {
	// SNIPPET
	_ = dev
	return err
}
