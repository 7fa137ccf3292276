package lneto

// SeedNearWrap is a Config.Seed with which the numbers of a connection begin at
// some 100 kB before 2^32, if it is made within a tenth of a second.
func SeedNearWrap(ip [4]byte, port, local uint16) uint64 {
	who := uint64(ip[0])<<56 | uint64(ip[1])<<48 | uint64(ip[2])<<40 | uint64(ip[3])<<32 | uint64(port)<<16 | uint64(local)
	for seed := uint64(1); ; seed++ {
		k, _ := newKey(seed)
		if iss := uint32(k.hash(who, 0)); iss > 0xfffd0000 && iss < 0xfffe0000 {
			return seed
		}
	}
}

// AgeNeighbours makes what is known of neighbours as old as makes the device ask
// again.
func (d *Device) AgeNeighbours() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.arp.entries {
		d.arp.entries[i].old = 1
	}
	d.kick()
}
