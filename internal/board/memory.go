package board

import (
	"debug/elf"
	"fmt"
)

// A memoryLayout is what pico/memory.mjs needs to know of a program to look at its
// heap: addresses of TinyGo's variables and of the linker's, and how a release of
// TinyGo keeps its heap.
type memoryLayout struct {
	Heap      uint32    `json:"heap"`
	Globals   [2]uint32 `json:"globals"`   // where the variables begin and end
	Stack     uint32    `json:"stack"`     // the end of the system's
	States    uint32    `json:"states"`    // of the pointer to the blocks' states
	Blocks    uint32    `json:"blocks"`    // of their number
	Allocated uint32    `json:"allocated"` // of the bytes allocated, 8 bytes
	Head      int       `json:"head"`      // bytes of an object that are the collector's
	Nibbles   bool      `json:"nibbles"`   // the two bits of a state lie in the halves of a byte
}

// memorySymbols finds that in an ELF file.
func memorySymbols(file string) (*memoryLayout, error) {
	const unknown = "its memory can only be measured with the symbols of an .elf file by TinyGo"
	f, err := elf.Open(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", file, unknown)
	}
	defer f.Close()
	all, err := f.Symbols()
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", file, unknown, err)
	}
	at := map[string]uint32{}
	for _, s := range all {
		if s.Section != elf.SHN_UNDEF {
			at[s.Name] = uint32(s.Value)
		}
	}
	l := new(memoryLayout)
	for name, to := range map[string]*uint32{
		"_heap_start": &l.Heap, "_globals_start": &l.Globals[0], "_globals_end": &l.Globals[1], "_stack_top": &l.Stack,
		"runtime.metadataStart": &l.States, "runtime.endBlock": &l.Blocks, "runtime.gcTotalAlloc": &l.Allocated,
	} {
		address, ok := at[name]
		if !ok || address < picoRAM || address >= picoRAM+picoRAMSize {
			return nil, fmt.Errorf("%s: %s, and it has no %s in memory", file, unknown, name)
		}
		*to = address
	}
	// TinyGo has a list of free ranges since 0.40, and with it heads of objects.
	if _, since040 := at["runtime.freeRanges"]; since040 {
		l.Head, l.Nibbles = 8, true
	}
	return l, nil
}
