//go:build tinynetport && port.board

package net

// The names of services and protocols that Go knows by itself. Go has them in maps, to
// which it adds those of the computer's files; a map is in RAM, and these lists are in
// flash.

type numbered struct {
	name   string
	number uint16
}

var tcpServices = [...]numbered{
	{"ftp", 21}, {"ftps", 990}, {"gopher", 70}, {"http", 80}, {"https", 443},
	{"imap2", 143}, {"imap3", 220}, {"imaps", 993}, {"pop3", 110}, {"pop3s", 995},
	{"smtp", 25}, {"submissions", 465}, {"ssh", 22}, {"telnet", 23},
}

var internetProtocols = [...]numbered{{"icmp", 1}, {"igmp", 2}, {"tcp", 6}, {"udp", 17}, {"ipv6-icmp", 58}}

// serviceList tells of which network services are: of tcp, or else of udp.
type serviceList bool

func servicesOf(network string) (serviceList, bool) {
	return network == "tcp", network == "tcp" || network == "udp"
}

func (tcp serviceList) port(name string) (int, bool) {
	if !tcp {
		return 53, name == "domain" // the one that Go knows
	}
	for i := range tcpServices {
		if tcpServices[i].name == name {
			return int(tcpServices[i].number), true
		}
	}
	return 0, false
}

func protocolOf(name string) (int, bool) {
	for i := range internetProtocols {
		if internetProtocols[i].name == name {
			return int(internetProtocols[i].number), true
		}
	}
	return 0, false
}
