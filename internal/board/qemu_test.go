package board

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExitStatus: the file of TinyGo's that ends programs is changed if it is as it
// was known, and else stays.
func TestExitStatus(t *testing.T) {
	var arm, riscv QEMU
	for _, q := range QEMUs {
		if q.Name == "qemu-cortex-m3" {
			arm = q
		} else {
			riscv = q
		}
	}
	root, cache := t.TempDir(), t.TempDir()
	name := filepath.Join(root, filepath.FromSlash(exitFile))
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if changed, err := arm.Changed(root, cache); err != nil || len(changed) != 0 {
		t.Errorf("without the file: %v, %v", changed, err)
	}
	for text, want := range map[string]bool{
		"func exit(code int) {\n\tif code != 0 {\n\t\t" + exitCall + "\n\t}\n}\n": true,
		"func exit(code int) {\n\tquit(code)\n}\n":                                false,
		"func exit() {\n\t" + exitCall + "\n}\n":                                  false,
	} {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		changed, err := arm.Changed(root, cache)
		if err != nil || (len(changed) == 1) != want {
			t.Errorf("of\n%s: %v, %v", text, changed, err)
			continue
		}
		if !want {
			continue
		}
		data, err := os.ReadFile(changed[exitFile])
		if err != nil || strings.Contains(string(data), exitCall) || !strings.Contains(string(data), "exitStatus(code)") {
			t.Errorf("%v\n%s", err, data)
		}
		if changed, err := riscv.Changed(root, cache); err != nil || len(changed) != 0 {
			t.Errorf("the other board: %v, %v", changed, err)
		}
	}
}
