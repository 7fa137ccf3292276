package board

import (
	"os"
	"path/filepath"
	"testing"
)

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
	})
}
