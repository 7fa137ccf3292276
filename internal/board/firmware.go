package board

import (
	"bytes"
	"cmp"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Where the Pico's flash is.
const (
	picoFlash     = 0x10000000
	picoFlashSize = 2 << 20
	picoVectors   = 0x100 // in the flash
	picoRAM       = 0x20000000
	picoRAMSize   = 264 << 10

	uf2Block   = 512
	uf2Start   = 0x0a324655
	uf2Second  = 0x9e5d5157
	uf2End     = 0x0ab16f30
	uf2NoFlash = 1      // flag of a block that is not for the flash
	uf2Family  = 0x2000 // flag of a block that says for which chip it is
	rp2040     = 0xe48bff56

	armAttributes   = elf.SHT_LOPROC + 3 // type of a section
	armV6M, armV6SM = 11, 12             // architectures of a Cortex-M0+
)

// firmwareAdvice is how somebody with a file that is not for the chip gets one that is.
const firmwareAdvice = "give the package in the file's place; with -o firmware.elf (or .uf2) tinynet run writes such a file"

// uf2Families are chips that firmware may be for by mistake.
var uf2Families = map[uint32]string{
	0xe48bff59: "RP2350 (ARM)", 0xe48bff5a: "RP2350 (RISC-V)", 0x55114460: "SAMD51", 0x68ed2b88: "SAMD21",
	0xada52840: "nRF52840", 0x1c5f21b0: "ESP32", 0xbfdd4eee: "ESP32-S2", 0xd42ba06c: "ESP32-C3", 0xc47e5767: "ESP32-S3",
	0x4fb2d5bd: "i.MX RT", 0x57755a57: "STM32F4",
}

// firmware is what a file of firmware for the Pico, in the format ELF or UF2, puts
// into the flash.
func firmware(file string) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var image []byte
	switch {
	case bytes.HasPrefix(data, []byte(elf.ELFMAG)):
		image, err = elfImage(data)
	case len(data) >= 4 && binary.LittleEndian.Uint32(data) == uf2Start:
		image, err = uf2Image(data)
	default:
		err = errors.New("neither ELF nor UF2")
	}
	if err == nil {
		err = bootable(image)
	}
	if err != nil {
		return nil, fmt.Errorf("%s is no firmware for the RP2040: %w\n%s", file, err, firmwareAdvice)
	}
	return image, nil
}

// put writes a piece into the image of the flash.
func put(image *[]byte, address uint32, data []byte) error {
	if address < picoFlash || uint64(address)+uint64(len(data)) > picoFlash+picoFlashSize {
		return fmt.Errorf("%d bytes at %#x are outside of the Pico's flash, which has %d bytes from %#x", len(data), address, picoFlashSize, picoFlash)
	}
	at := int(address - picoFlash)
	for len(*image) < at+len(data) {
		*image = append(*image, 0xff)
	}
	copy((*image)[at:], data)
	return nil
}

func elfImage(data []byte) (image []byte, err error) {
	f, err := elf.NewFile(bytes.NewReader(data))
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errors.New("it is cut off")
	}
	if err != nil {
		return nil, err
	}
	if f.Class != elf.ELFCLASS32 || f.Machine != elf.EM_ARM {
		return nil, fmt.Errorf("it is for %s", elfMachine(f))
	}
	// Firmware for the RP2350 and for some of other makers begins where the Pico's does.
	if s := f.SectionByType(armAttributes); s != nil && s.Size <= uint64(len(data)) {
		attributes, err := s.Data()
		if err != nil {
			return nil, fmt.Errorf("it is cut off: %w", err)
		}
		if name, architecture := armProcessor(attributes); architecture != 0 && architecture != armV6M && architecture != armV6SM {
			return nil, fmt.Errorf("it is for the processor %s, and the RP2040 has a cortex-m0plus", cmp.Or(name, fmt.Sprintf("of architecture %d", architecture)))
		}
	}
	for _, p := range f.Progs {
		if p.Type != elf.PT_LOAD || p.Filesz == 0 {
			continue
		}
		if p.Filesz > uint64(len(data)) {
			return nil, errors.New("it is cut off")
		}
		piece := make([]byte, p.Filesz)
		if _, err := p.ReadAt(piece, 0); err != nil {
			return nil, fmt.Errorf("it is cut off: %w", err)
		}
		if err := put(&image, uint32(p.Paddr), piece); err != nil {
			return nil, err
		}
	}
	return image, nil
}

// elfMachine names what an ELF file is for, such as "RISC-V of 32 bits".
func elfMachine(f *elf.File) string {
	name := strings.TrimPrefix(f.Machine.String(), "EM_")
	switch f.Machine {
	case elf.EM_RISCV:
		name = "RISC-V"
	case elf.EM_XTENSA:
		name = "Xtensa"
	case elf.EM_386, elf.EM_X86_64, elf.EM_AARCH64:
		name = "a computer (" + name + ")"
	}
	switch f.Class {
	case elf.ELFCLASS32:
		name += " of 32 bits"
	case elf.ELFCLASS64:
		name += " of 64 bits"
	}
	return name
}

// armProcessor is which processor an ELF file is for, by its section of attributes
// ("Addenda to, and Errata in, the ABI for the Arm Architecture", build attributes):
// its name, and the number of its architecture, 0 if nothing is said.
func armProcessor(attributes []byte) (name string, architecture uint64) {
	const file, cpuName, cpuArchitecture = 1, 5, 6
	rest, ok := bytes.CutPrefix(attributes, []byte{'A'}) // the format's version
	if !ok {
		return "", 0
	}
	part, ok := bytes.CutPrefix(sized(rest, 0), []byte("aeabi\x00"))
	if !ok || len(part) == 0 || part[0] != file {
		return "", 0
	}
	part = sized(part[1:], 1)
	for len(part) > 0 {
		tag, n := binary.Uvarint(part)
		if n <= 0 {
			return name, architecture
		}
		part = part[n:]
		if tag == 4 || tag == cpuName || tag > 32 && tag%2 == 1 { // those are text
			text, after, _ := bytes.Cut(part, []byte{0})
			if tag == cpuName {
				name = string(text)
			}
			part = after
			continue
		}
		value, n := binary.Uvarint(part)
		if n <= 0 {
			return name, architecture
		}
		part = part[n:]
		switch tag {
		case cpuArchitecture:
			architecture = value
		case 32: // compatibility: a number and a text
			_, part, _ = bytes.Cut(part, []byte{0})
		}
	}
	return name, architecture
}

// sized cuts data after as many bytes as the number at its beginning says, which counts
// itself and what was before it, and returns what follows the number.
func sized(data []byte, before uint32) []byte {
	if len(data) < 4 {
		return nil
	}
	n := binary.LittleEndian.Uint32(data)
	if n < 4+before || uint64(n-before) > uint64(len(data)) {
		return nil
	}
	return data[4 : n-before]
}

func uf2Image(data []byte) (image []byte, err error) {
	if len(data)%uf2Block != 0 {
		return nil, fmt.Errorf("it is cut off: it has %d bytes, and its blocks %d each", len(data), uf2Block)
	}
	for i := 0; i < len(data); i += uf2Block {
		b := data[i : i+uf2Block]
		word := func(n int) uint32 { return binary.LittleEndian.Uint32(b[4*n:]) }
		if word(0) != uf2Start || word(1) != uf2Second || binary.LittleEndian.Uint32(b[uf2Block-4:]) != uf2End {
			return nil, fmt.Errorf("block %d of it is none", i/uf2Block)
		}
		if word(2)&uf2NoFlash != 0 {
			continue
		}
		if word(2)&uf2Family != 0 && word(7) != rp2040 {
			name, ok := uf2Families[word(7)]
			if !ok {
				name = fmt.Sprintf("the family %#x", word(7))
			}
			return nil, fmt.Errorf("it is for %s", name)
		}
		if word(4) > 476 {
			return nil, fmt.Errorf("block %d of it has %d bytes", i/uf2Block, word(4))
		}
		if err := put(&image, word(3), b[32:32+word(4)]); err != nil {
			return nil, err
		}
	}
	return image, nil
}

// bootable tells what is wrong with an image of which no program can begin.
func bootable(image []byte) error {
	if len(image) < picoVectors+8 {
		return errors.New("it has no vectors")
	}
	sp := binary.LittleEndian.Uint32(image[picoVectors:])
	pc := binary.LittleEndian.Uint32(image[picoVectors+4:])
	if sp <= picoRAM || sp > picoRAM+picoRAMSize {
		return fmt.Errorf("its stack begins at %#x, where there is no memory", sp)
	}
	if pc < picoFlash || pc >= picoFlash+uint32(len(image)) || pc&1 == 0 {
		return fmt.Errorf("it begins at %#x, where there is none of it", pc)
	}
	return nil
}
