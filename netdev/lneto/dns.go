package lneto

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"strings"
	"time"

	"github.com/tinynet/tinynet/netdev"
)

const dnsPort = 53

// errNoServers is for a name when the network has told of nobody who knows any.
var errNoServers = errors.New("lneto: no DNS server is known")

// errNoAnswer is for a name for which no server has an answer. It is a timeout.
var errNoAnswer error = &noAnswer{}

type noAnswer struct{}

func (*noAnswer) Error() string   { return "lneto: no DNS server has answered" }
func (*noAnswer) Timeout() bool   { return true }
func (*noAnswer) Temporary() bool { return true }

// LookupNetIP asks the network's DNS servers for a name's addresses.
func (d *Device) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	if network == "ip6" {
		return nil, netdev.ErrHostUnknown // there is no IPv6 here
	}
	return d.lookup(host, ctx)
}

// lookup asks one server after the other, each from a port of its own, so that
// only who sees the question, or guesses 30 bits, can answer it.
func (d *Device) lookup(host string, ctx context.Context) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil && ip.Unmap().Is4() {
		return []netip.Addr{ip.Unmap()}, nil
	}
	limit := time.Now().Add(d.conf.LookupTimeout)
	if ctx == nil {
		ctx = context.Background()
	}
	if t, ok := ctx.Deadline(); ok && t.Before(limit) {
		limit = t
	}
	servers, search := d.DNSConfig()
	if len(servers) == 0 {
		return nil, errNoServers
	}
	names := []string{strings.TrimSuffix(host, ".")}
	if !strings.Contains(names[0], ".") && !strings.HasSuffix(host, ".") {
		for _, s := range search {
			names = append([]string{names[0] + "." + s}, names...)
		}
	}
	err := error(netdev.ErrHostUnknown)
	for _, name := range names {
		var addrs []netip.Addr
		if addrs, err = d.ask(ctx, servers, name, limit); err == nil {
			return addrs, nil
		}
		if err != netdev.ErrHostUnknown {
			break
		}
	}
	return nil, err
}

func (d *Device) ask(ctx context.Context, servers []netip.AddrPort, name string, limit time.Time) ([]netip.Addr, error) {
	query, ok := appendQuery(nil, 0, name)
	if !ok {
		return nil, netdev.ErrHostUnknown
	}
	wait := time.Second
	for try := 0; ; try++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		until := time.Now().Add(wait)
		if limit.Before(until) {
			until = limit
		}
		addrs, err := d.askOne(ctx, servers[try%len(servers)], query, name, until)
		if err == nil || err == netdev.ErrHostUnknown || err == errHalted || errors.Is(err, netdev.ErrNoMoreSockets) {
			return addrs, err
		}
		if cerr := ctx.Err(); cerr != nil {
			return nil, cerr
		}
		if !time.Now().Before(limit) {
			return nil, errNoAnswer
		}
		if isTimeout(err) {
			wait *= 2
		} else if try >= 2*len(servers) {
			return nil, err
		}
	}
}

func isTimeout(err error) bool {
	t, ok := err.(interface{ Timeout() bool })
	return ok && t.Timeout()
}

func (d *Device) askOne(ctx context.Context, server netip.AddrPort, query []byte, name string, until time.Time) ([]netip.Addr, error) {
	num, err := d.Socket(netdev.AF_INET, datagrams, netdev.IPPROTO_UDP)
	if err != nil {
		return nil, err
	}
	defer d.Close(num)
	if done := ctx.Done(); done != nil {
		stop := context.AfterFunc(ctx, func() {
			d.SetSockDeadline(num, netdev.Reads|netdev.Writes, time.Unix(1, 0))
		})
		defer stop()
	}
	d.mu.Lock()
	id := uint16(d.random())
	port := d.ephemeral()
	d.mu.Unlock()
	// A port at random; if it is taken, the next one does.
	if err := d.Bind(num, netip.AddrPortFrom(netip.IPv4Unspecified(), port)); err != nil {
		if err := d.Bind(num, netip.AddrPortFrom(netip.IPv4Unspecified(), 0)); err != nil {
			return nil, err
		}
	}
	if err := d.Connect(num, "", server); err != nil {
		return nil, err
	}
	binary.BigEndian.PutUint16(query, id)
	if _, err := d.Send(num, query, 0, until); err != nil {
		return nil, err
	}
	buf := make([]byte, 512)
	for {
		n, err := d.Recv(num, buf, 0, until)
		if err != nil {
			return nil, err
		}
		addrs, result := readAnswer(buf[:n], query, name)
		switch result {
		case answered:
			return addrs, nil
		case nameUnknown:
			return nil, netdev.ErrHostUnknown
		case serverFailed:
			return nil, errServer
		}
		// It is no answer to this question: perhaps one follows.
	}
}

var errServer = errors.New("lneto: the DNS server has failed")

// appendQuery is the question for a name's IPv4 addresses.
func appendQuery(b []byte, id uint16, name string) ([]byte, bool) {
	b = binary.BigEndian.AppendUint16(b, id)
	b = append(b, 1, 0 /* recursion desired */, 0, 1, 0, 0, 0, 0, 0, 0)
	if name == "" || len(name) > 253 {
		return nil, false
	}
	for _, label := range strings.Split(name, ".") {
		if label == "" || len(label) > 63 {
			return nil, false
		}
		b = append(append(b, byte(len(label))), label...)
	}
	return append(b, 0, 0, typeA, 0, classIN), true
}

const (
	typeA     = 1
	typeCNAME = 5
	classIN   = 1
)

type dnsResult uint8

const (
	notTheAnswer dnsResult = iota
	answered
	nameUnknown
	serverFailed
)

// readAnswer reads the addresses for a name out of a message, along its aliases.
// The message has to be the answer to the query.
func readAnswer(msg, query []byte, name string) ([]netip.Addr, dnsResult) {
	const head = 12
	if len(msg) < head || len(msg) < len(query) || msg[0] != query[0] || msg[1] != query[1] || msg[2]&0x80 == 0 {
		return nil, notTheAnswer
	}
	if binary.BigEndian.Uint16(msg[4:]) != 1 || !strings.EqualFold(string(msg[head:len(query)]), string(query[head:])) {
		return nil, notTheAnswer
	}
	switch msg[3] & 0xf {
	case 0:
	case 3:
		return nil, nameUnknown
	default:
		return nil, serverFailed
	}
	const (
		truncated  = 2
		mostAlias  = 10
		recordHead = 10
	)
	whole := msg[2]&truncated == 0
	// The records may come in any order: along an alias they are looked at again.
	for range mostAlias {
		var addrs []netip.Addr
		alias := ""
		at := len(query)
		for range binary.BigEndian.Uint16(msg[6:]) {
			owner, next, ok := readName(msg, at)
			if !ok || next+recordHead > len(msg) {
				whole = false // what is there counts
				break
			}
			kind, class := binary.BigEndian.Uint16(msg[next:]), binary.BigEndian.Uint16(msg[next+2:])
			data := next + recordHead
			size := int(binary.BigEndian.Uint16(msg[next+8:]))
			if data+size > len(msg) {
				whole = false
				break
			}
			if class == classIN && strings.EqualFold(owner, name) {
				switch {
				case kind == typeA && size == 4:
					addrs = append(addrs, netip.AddrFrom4(ip4(msg[data:data+4])))
				case kind == typeCNAME:
					if to, end, ok := readName(msg, data); ok && end == data+size {
						alias = to
					}
				}
			}
			at = data + size
		}
		if len(addrs) > 0 {
			return addrs, answered
		}
		if alias == "" {
			break
		}
		name = alias
	}
	if !whole {
		return nil, serverFailed // the address may be in what is missing
	}
	return nil, nameUnknown
}

// readName reads a name, which may point back to others.
func readName(msg []byte, at int) (name string, next int, ok bool) {
	var b []byte
	for jumps := 0; ; {
		if at >= len(msg) {
			return "", 0, false
		}
		n := int(msg[at])
		switch {
		case n == 0:
			if jumps == 0 {
				next = at + 1
			}
			return string(b), next, true
		case n < 64:
			if at+1+n > len(msg) || len(b)+1+n > 255 {
				return "", 0, false
			}
			if len(b) > 0 {
				b = append(b, '.')
			}
			b = append(b, msg[at+1:at+1+n]...)
			at += 1 + n
		case n >= 0xc0:
			if at+2 > len(msg) || jumps == 10 {
				return "", 0, false
			}
			if jumps == 0 {
				next = at + 2
			}
			jumps++
			at = int(binary.BigEndian.Uint16(msg[at:])) & 0x3fff
		default:
			return "", 0, false
		}
	}
}
