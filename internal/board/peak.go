package board

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"
)

// A Peak is the most memory that a program had in use, in bytes.
type Peak struct {
	Static     int // before the heap, without the system's stack
	Heap       int // after a collection
	Stacks     int // of Heap, stacks of goroutines
	Goroutines int // that had them
	Deepest    int // used of a goroutine's stack
	System     int // used of the stack of interrupts and the scheduler
	Allocated  int // in all
	Looks      int // how often the heap was looked at
}

// A Measured machine notes the peak of its program, if the Program says so. It is
// known when Wait has returned.
type Measured interface{ Peak() (Peak, error) }

// What the glue of the boards that TinyGo builds for writes behind the random bytes.
type peakRecord struct {
	Magic                                [4]byte
	Heap, Stacks, Goroutines, Deepest    uint32
	Collections                          uint32
	HeapStart, States, Blocks, SystemTop uint32
	Allocated                            uint64
}

const (
	peakStart  = 64
	peakOld    = "TNp1" // the magic of TinyGo's heap before 0.40
	peakNew    = "TNp2" // and since
	gcBlock    = 16
	gcHead     = 1
	gcTail     = 2
	stackMark  = 0xb83bf575
	systemSize = 16 << 10 // as the linker's scripts have it
)

// peak reads what the program has left in the machine's memory.
func (q QEMU) peak(program, memory string) (p Peak, err error) {
	f, err := os.Open(memory)
	if err != nil {
		return p, err
	}
	defer f.Close()
	return left{f, q.memory, q.page, systemSize}.peak(program)
}

// What is left in a machine's memory when its program has ended.
type left struct {
	memory io.ReaderAt
	start  uint32 // of the memory
	page   uint32
	system int // bytes of the system's stack
}

// at reads n bytes at an address.
func (l left) at(address uint32, n int) ([]byte, error) {
	data := make([]byte, n)
	_, err := l.memory.ReadAt(data, int64(address)-int64(l.start))
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return data, err
}

func (l left) peak(program string) (p Peak, err error) {
	if p.Static, err = static(program); err != nil {
		return p, err
	}
	raw, err := l.at(l.page+peakStart, binary.Size(peakRecord{}))
	if err != nil {
		return p, err
	}
	var r peakRecord
	if _, err := binary.Decode(raw, binary.LittleEndian, &r); err != nil {
		return p, err
	}
	if magic := string(r.Magic[:]); magic != peakOld && magic != peakNew {
		return p, fmt.Errorf("the program has not noted how much memory it uses: it ended before it did anything, or was not built to do so")
	}
	p.Heap, p.Stacks, p.Goroutines = int(r.Heap), int(r.Stacks), int(r.Goroutines)
	p.Deepest, p.Allocated, p.Looks = int(r.Deepest), int(r.Allocated), int(r.Collections)
	// What happened on the stacks since the program last looked.
	heap, err := l.at(r.HeapStart, int(r.Blocks)*gcBlock)
	if err != nil {
		return p, err
	}
	states, err := l.at(r.States, (int(r.Blocks)+3)/4)
	if err != nil {
		return p, err
	}
	p.Deepest = max(p.Deepest, deepest(heap, states, string(r.Magic[:]) == peakNew))
	system, err := l.at(r.SystemTop-uint32(l.system), l.system)
	if err != nil {
		return p, err
	}
	p.System = len(bytes.TrimLeft(system, "\x00"))
	return p, nil
}

// deepest is how much was used of the stack that was used most.
func deepest(heap, states []byte, since040 bool) int {
	deepest := 0
	state := func(block int) byte {
		if since040 {
			// The lower bits of four blocks, then the higher ones.
			b := states[block/4] >> (block % 4)
			return b&1 | b>>3&2
		}
		return states[block/4] >> (block % 4 * 2) & 3
	}
	heads := []int{0} // bytes before the lowest word of a stack
	if since040 {
		heads = []int{8, 16} // on ARM, on RISC-V
	}
	blocks := len(heap) / gcBlock
	for b := 0; b < blocks; b++ {
		low := slices.IndexFunc(heads, func(head int) bool {
			at := b*gcBlock + head
			return at+4 <= len(heap) && binary.LittleEndian.Uint32(heap[at:]) == stackMark
		})
		if low < 0 || state(b) != gcHead {
			continue
		}
		end := b + 1
		for end < blocks && state(end) == gcTail {
			end++
		}
		if at := b*gcBlock + heads[low] + 4; at < end*gcBlock {
			used := bytes.TrimLeft(heap[at:end*gcBlock], "\x00")
			deepest = max(deepest, (len(used)+3)&^3)
		}
		b = end - 1
	}
	return deepest
}

// static is the RAM that a program takes before its heap.
func static(program string) (int, error) {
	f, err := elf.Open(program)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	n := 0
	for _, s := range f.Sections {
		if s.Flags&elf.SHF_ALLOC != 0 && s.Flags&elf.SHF_WRITE != 0 && s.Name != ".stack" {
			n += int(s.Size)
		}
	}
	return n, nil
}
