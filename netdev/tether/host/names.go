package host

import (
	"net/netip"
)

// names remembers by which rules' names the board got an address. Names that no
// rule has are not remembered, so that a board cannot fill memory with them.
type names struct {
	got   map[netip.Addr]ruleSet
	order []netip.Addr // oldest first
}

// add remembers an address. It reports false if there is no room. A board loses
// what an old answer let it do, but never gets rid of what one forbids: an
// address that a rule denies is not forgotten.
func (n *names) add(a netip.Addr, got ruleSet, denied func(ruleSet) bool) bool {
	if len(got) == 0 {
		return true
	}
	if had, ok := n.got[a]; ok {
		n.got[a] = had.union(got)
		return true
	}
	if n.got == nil {
		n.got = map[netip.Addr]ruleSet{}
	}
	if len(n.got) >= mostNames && !n.forget(denied) {
		return false
	}
	n.got[a] = ruleSet(nil).union(got)
	n.order = append(n.order, a)
	return true
}

// forget makes room.
func (n *names) forget(denied func(ruleSet) bool) bool {
	for i, a := range n.order {
		if !denied(n.got[a]) {
			delete(n.got, a)
			n.order = append(n.order[:i], n.order[i+1:]...)
			return true
		}
	}
	return false
}
