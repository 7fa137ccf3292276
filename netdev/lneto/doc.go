// Package lneto is a network device for hardware that gives Ethernet frames and
// no sockets: the radio of the Pico W, the ESP32's, an ENC28J60. Above the
// frames works github.com/soypat/lneto, a TCP/IP stack in Go: its state machine
// and buffers of TCP, and its headers of Ethernet, ARP, IPv4, ICMP, UDP and
// DHCP. This package makes sockets of that, keeps the rules of package netdev,
// and keeps from programs what lneto gets wrong; docs/lneto.md lists that.
//
// A program gives New a [Link], which sends frames, and hands each frame that
// arrives to [Device.Receive]:
//
//	dev, err := lneto.New(link, lneto.Config{MAC: mac, Hostname: "thermometer"})
//	if err != nil { ... }
//	if err := dev.WaitUp(20 * time.Second); err != nil { ... } // DHCP
//	netdev.Use(dev)
//
// The device has IPv4 only. It has all optional interfaces of package netdev
// but those for unix sockets and TLS, which it refuses: crypto/tls does TLS.
//
// # Memory
//
// A TCP connection holds a send buffer, a receive buffer and, on amd64, 1.7 kB
// more, a datagram socket the datagram buffer twice. Connections keep their
// memory when they end, for the next one; no more than Config.Conns are made.
package lneto
