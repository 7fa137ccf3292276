package snippet

import "tinygo.org/x/drivers/netdev"

func use(dev netdev.Netdever) {
	// SNIPPET
}
