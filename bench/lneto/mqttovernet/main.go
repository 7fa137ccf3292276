// Mqttovernet is an MQTT client over net and the device of netdev/lneto, to hold its
// size against that of mqttoverlneto.
package main

import (
	"net"
	"strconv"

	"github.com/tinynet/tinynet/bench/lneto/internal/online"
	"github.com/tinynet/tinynet/bench/lneto/internal/talk"
)

func main() {
	if err := run(); err != nil {
		println(err.Error())
	}
}

func run() error {
	if err := online.Up(); err != nil {
		return err
	}
	conn, err := net.DialTimeout("tcp", talk.Broker+":"+strconv.Itoa(talk.Port), talk.Patience)
	if err != nil {
		return err
	}
	defer conn.Close()
	return talk.Run(conn)
}
