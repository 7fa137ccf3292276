package board

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestARMProcessor: a file of ELF says which processor it is for, and one for another is
// told from one that lacks something.
func TestARMProcessor(t *testing.T) {
	attributes := func(list string) []byte {
		file := binary.LittleEndian.AppendUint32([]byte{1}, uint32(5+len(list)))
		part := append([]byte("aeabi\x00"), append(file, list...)...)
		return append(binary.LittleEndian.AppendUint32([]byte("A"), uint32(4+len(part))), part...)
	}
	const m0, m33 = "C2.09\x00\x05cortex-m0plus\x00\x06\x0c\x07M", "\x05cortex-m33\x00 \x01gnu\x00\x06\x11"
	for _, test := range []struct {
		attributes []byte
		name       string
		number     uint64
	}{
		{attributes(m0[6:]), "cortex-m0plus", 12},
		{attributes(m0), "cortex-m0plus", 12}, // with the ABI's version
		{attributes(m33), "cortex-m33", 17},
		{attributes("\x06\x0d"), "", 13},
		{attributes("\x05cortex-m4"), "cortex-m4", 0}, // cut off
		{attributes("\x06"), "", 0},
		{attributes(m33)[:30], "", 0},
		{[]byte("A\xff\xff\xff\xff"), "", 0},
		{[]byte("A\x00\x00\x00\x00"), "", 0},
		{nil, "", 0},
	} {
		if name, number := armProcessor(test.attributes); name != test.name || number != test.number {
			t.Errorf("armProcessor(%q): got %q, %d, want %q, %d", test.attributes, name, number, test.name, test.number)
		}
	}

	data := attributes(m33)
	var b bytes.Buffer
	header := elf.Header32{Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_ARM), Version: 1, Shoff: uint32(52 + len(data) + 1), Ehsize: 52, Phentsize: 32, Shentsize: 40, Shnum: 3, Shstrndx: 2}
	copy(header.Ident[:], "\x7fELF\x01\x01\x01")
	binary.Write(&b, binary.LittleEndian, header)
	b.Write(append(data, 0)) // the last is the table of no names
	binary.Write(&b, binary.LittleEndian, []elf.Section32{{},
		{Type: uint32(armAttributes), Off: 52, Size: uint32(len(data))},
		{Type: uint32(elf.SHT_STRTAB), Off: uint32(52 + len(data)), Size: 1},
	})
	file := filepath.Join(t.TempDir(), "program.elf")
	if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	const want = "it is for the processor cortex-m33"
	if _, err := firmware(file); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want an error with %q", err, want)
	}
}

// FuzzFirmware: nothing that is in a file does harm.
func FuzzFirmware(f *testing.F) {
	f.Add([]byte("\x7fELF\x01\x01\x01"))
	f.Add(make([]byte, uf2Block))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(t.TempDir(), "firmware")
		if err := os.WriteFile(file, data, 0o666); err != nil {
			t.Fatal(err)
		}
		image, err := firmware(file)
		if err == nil && (len(image) > picoFlashSize || len(image) < picoVectors) {
			t.Errorf("an image of %d bytes", len(image))
		}
		symbols(file)
		armProcessor(data)
	})
}
