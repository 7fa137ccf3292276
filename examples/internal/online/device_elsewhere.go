//go:build !baremetal && !tinynet

package online

import (
	"errors"

	"github.com/tinynet/tinynet/netdev"
)

// Device has none to offer: a program that names one links only with the port's
// net, which the tag tinynet says that there is.
func Device() netdev.Netdever {
	Fail(errors.New("built without the tag tinynet, which `tinynet run` sets: there is no network device"))
	return nil
}
