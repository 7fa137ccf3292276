package tinygo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMended: a file of TinyGo's runtime with a fault is mended in the root that is made,
// and stays as it is in TinyGo's own.
func TestMended(t *testing.T) {
	const name = "src/runtime/scheduler_threads.go"
	m := mendings[strings.TrimPrefix(name, "src/")]
	for what, test := range map[string]struct {
		text string
		link bool
	}{
		"faulty":        {"package runtime\n\nfunc f() {\n\t\t\t" + m.match + "\n}\n", false},
		"mended":        {"package runtime\n\nfunc f() {\n\t\t\t" + m.with + "\n}\n", true},
		"twice":         {m.match + m.match, true},
		"nothing of it": {"package runtime\n", true},
	} {
		t.Run(what, func(t *testing.T) {
			tg, port := fixture(t)
			original := filepath.Join(tg.Root, filepath.FromSlash(name))
			if err := os.WriteFile(original, []byte(test.text), 0o666); err != nil {
				t.Fatal(err)
			}
			cache := t.TempDir()
			shadow := mustShadow(t, tg, port, cache)
			file := filepath.Join(shadow, filepath.FromSlash(name))
			got, err := os.ReadFile(file)
			if want := strings.Replace(test.text, m.match, m.with, 1); err != nil || test.link == (string(got) != test.text) || !test.link && string(got) != want {
				t.Errorf("in the shadow it is %q, %v", got, err)
			}
			if _, err := os.Readlink(file); test.link != (err == nil) {
				t.Errorf("it is a link: %v", err)
			}
			if got, err := os.ReadFile(original); err != nil || string(got) != test.text {
				t.Errorf("TinyGo's own became %q, %v", got, err)
			}

			// Somebody's change in the shadow does not stay; ours goes before.
			if !test.link {
				if err := os.WriteFile(file, nil, 0o666); err != nil {
					t.Fatal(err)
				}
				mustShadow(t, tg, port, cache)
				if again, err := os.ReadFile(file); err != nil || string(again) != string(got) {
					t.Errorf("it stays %q, %v", again, err)
				}
			}
			ours := filepath.Join(t.TempDir(), "ours.go")
			if err := os.WriteFile(ours, []byte("package ours"), 0o666); err != nil {
				t.Fatal(err)
			}
			tg.Changed = map[string]string{name: ours}
			shadow = mustShadow(t, tg, port, cache)
			if to, err := os.Readlink(filepath.Join(shadow, filepath.FromSlash(name))); err != nil || to != ours {
				t.Errorf("changed for a board, it is %s, %v", to, err)
			}
		})
	}
}
