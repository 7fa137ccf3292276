package host

import (
	"context"
	"net/netip"

	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// A query is a name that the board wants to have looked up.
type query struct {
	id            uint16
	network, name string
	goesOn        func() bool // the session
}

// lookup takes a query. What it is about is a canonical name from here on: that
// is what the rules judge, what the resolver is asked, and what is remembered.
func (h *Host) lookup(id uint16, network, text string) {
	if network != "ip" && network != "ip4" && network != "ip6" {
		h.reply(id, wire.Error{Code: wire.ErrInvalid, Text: "unknown network"})
		return
	}
	if a, err := netip.ParseAddr(text); err == nil { // an address is no name, and stays one
		h.answer(query{id: id, network: network}, []netip.Addr{a})
		return
	}
	name, ok := canonicalName(text)
	switch {
	case !ok:
		h.reply(id, wire.Error{Code: wire.ErrUnknownHost, Text: "no such host"})
	case !h.conf.Rules.lookup(name):
		h.reply(id, wire.Error{Code: wire.ErrDenied, Text: "looking up " + name + " is not allowed by the tether's rules (-allow, -deny)"})
	case len(h.queries) >= mostQueries:
		h.reply(id, wire.Error{Code: wire.ErrTooMany, Text: "too many lookups at once on the tether"})
	default:
		h.queries = append(h.queries, query{id, network, name, h.session()})
		h.ask()
	}
}

// ask asks the resolver, which has only so many queries at once. One that was
// begun goes on to its end or its time limit, whatever becomes of the session:
// so a board that begins anew all the time has no more of them.
func (h *Host) ask() {
	for h.looking < mostLookups && len(h.queries) > 0 && !h.closed {
		q := h.queries[0]
		h.queries = h.queries[1:]
		h.looking++
		h.spawn(func() {
			defer h.locked(func() {
				h.looking--
				h.ask()
			})
			ctx, cancel := context.WithTimeout(h.lookups, lookupLimit)
			defer cancel()
			name := q.name
			if h.conf.Rules.haveNames() {
				name += "." // no names that only end in what was judged
			}
			ips, err := h.net.lookup(ctx, q.network, name)
			h.locked(func() {
				switch {
				case !q.goesOn():
				case err != nil:
					h.reply(q.id, wireError(err))
				default:
					h.answer(q, ips)
				}
			})
		})
	}
}

// answer tells the board addresses, and remembers them.
func (h *Host) answer(q query, found []netip.Addr) {
	got, _ := h.conf.Rules.named(q.name)
	denied := func(got ruleSet) bool {
		for i := range h.conf.Rules.Deny {
			if got.has(i) {
				return true
			}
		}
		return false
	}
	var ips []netip.Addr
	told := map[netip.Addr]bool{}
	for _, ip := range found {
		ip = bare(canonical(ip))
		if ip.IsLoopback() && h.conf.Self.IsValid() {
			ip = h.conf.Self // the board's own loopback is the board
		} else if !h.names.add(ip, got, denied) {
			h.reply(q.id, wire.Error{Code: wire.ErrTooMany, Text: "too many addresses that rules with names deny"})
			return
		}
		if told[ip] || q.network == "ip4" && !ip.Is4() || q.network == "ip6" && ip.Is4() || len(ips) == mostAnswers {
			continue
		}
		told[ip] = true
		ips = append(ips, ip)
	}
	if len(ips) == 0 {
		h.reply(q.id, wire.Error{Code: wire.ErrUnknownHost, Text: "no such host"})
		return
	}
	b := h.out.Begin(wire.OpReply).U16(q.id).Error(wire.Error{}).U16(uint16(len(ips)))
	for _, ip := range ips {
		b.Addr(ip)
	}
	h.send(b)
}
