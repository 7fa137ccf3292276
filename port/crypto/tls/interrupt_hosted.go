//go:build tinynetport && !port.board && !port.elsewhere

package tls

import "context"

const afterContext = false

func (c *Conn) closeAfter(context.Context) (stop func() error) { return nil }
