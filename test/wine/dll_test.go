package wine

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"testing"
)

// forwarder is a DLL for 64 bits that has one function, which is another DLL's: there
// is no code in it, so no compiler for Windows is needed to make it.
func forwarder(dll, function, target string) []byte {
	const (
		headers = 0x200  // bytes in the file before the section
		section = 0x1000 // where it is in memory
		size    = 0x200  // its bytes in the file
	)
	// The section: the export directory, the tables of addresses, names and
	// ordinals, and the texts. An address inside of it is a forwarder.
	text := uint32(40 + 4 + 4 + 2)
	at := func(s string) uint32 { a := section + text; text += uint32(len(s)) + 1; return a }
	targetAt, functionAt, dllAt := at(target), at(function), at(dll)
	var body bytes.Buffer
	put := func(v any) { binary.Write(&body, binary.LittleEndian, v) }
	put([]uint32{0, 0, 0, dllAt, 1, 1, 1, section + 40, section + 44, section + 48})
	put(targetAt)
	put(functionAt)
	put(uint16(0))
	for _, s := range []string{target, function, dll} {
		body.WriteString(s + "\x00")
	}
	used := uint32(body.Len())
	body.Write(make([]byte, size-body.Len()))

	var file bytes.Buffer
	dos := make([]byte, 64)
	copy(dos, "MZ")
	dos[0x3c] = 64 // where the rest begins
	file.Write(dos)
	file.WriteString("PE\x00\x00")
	optional := pe.OptionalHeader64{
		Magic: 0x20b, SizeOfInitializedData: size, ImageBase: 0x180000000,
		SectionAlignment: 0x1000, FileAlignment: 0x200,
		MajorOperatingSystemVersion: 6, MajorSubsystemVersion: 6,
		SizeOfImage: 0x2000, SizeOfHeaders: headers,
		Subsystem: 2, DllCharacteristics: 0x100, // no execution of data
		SizeOfStackReserve: 1 << 20, SizeOfStackCommit: 1 << 12, SizeOfHeapReserve: 1 << 20, SizeOfHeapCommit: 1 << 12,
		NumberOfRvaAndSizes: 16,
	}
	optional.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT] = pe.DataDirectory{VirtualAddress: section, Size: used}
	for _, header := range []any{
		pe.FileHeader{
			Machine: pe.IMAGE_FILE_MACHINE_AMD64, NumberOfSections: 1, SizeOfOptionalHeader: uint16(binary.Size(optional)),
			Characteristics: pe.IMAGE_FILE_EXECUTABLE_IMAGE | pe.IMAGE_FILE_LARGE_ADDRESS_AWARE | pe.IMAGE_FILE_DLL,
		},
		optional,
		pe.SectionHeader32{
			Name: [8]uint8{'.', 'e', 'd', 'a', 't', 'a'}, VirtualSize: used, VirtualAddress: section,
			SizeOfRawData: size, PointerToRawData: headers,
			Characteristics: pe.IMAGE_SCN_CNT_INITIALIZED_DATA | pe.IMAGE_SCN_MEM_READ,
		},
	} {
		binary.Write(&file, binary.LittleEndian, header)
	}
	file.Write(make([]byte, headers-file.Len()))
	file.Write(body.Bytes())
	return file.Bytes()
}

func TestForwarder(t *testing.T) {
	f, err := pe.NewFile(bytes.NewReader(forwarder("some.dll", "Function", "other.Target")))
	if err != nil {
		t.Fatal(err)
	}
	data, err := f.Sections[0].Data()
	if err != nil {
		t.Fatal(err)
	}
	name := binary.LittleEndian.Uint32(data[40:]) - f.Sections[0].VirtualAddress
	if got, _, _ := bytes.Cut(data[name:], []byte{0}); string(got) != "other.Target" {
		t.Errorf("the function leads to %q, want other.Target", got)
	}
}
