package tinygo

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func TestRelaxed(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"{\n\t\"features\": \"+32bit,+c,-relax,-e\",\n\t\"x\": \"-relax\"\n}\n", "{\n\t\"features\": \"+32bit,+c,+relax,-e\",\n\t\"x\": \"-relax\"\n}\n"},
		{`{"features":"-relax"}`, `{"features":"+relax"}`},
		{`{"features":"-relax,-relax"}`, `{"features":"+relax,+relax"}`},
		// All others stay as they are.
		{`{"features":"+relax,+c"}`, ""},
		{`{"features":"+c,-relaxed"}`, ""},
		{`{"cflags":["-mno-relax"]}`, ""},
		{`{"features":"+c"}`, ""},
		{`{"features":7}`, ""},
		{`{"features":"-relax"`, ""},
		{`{"features":"+c\u002c-relax"}`, ""},
		{`{"features":"-relax","other":"-relax"}`, ""},
		{"", ""},
	} {
		got, ok := relaxed([]byte(test.text))
		if string(got) != test.want || ok != (test.want != "") {
			t.Errorf("%s became %s, %v", test.text, got, ok)
		}
	}
}

func FuzzRelaxed(f *testing.F) {
	f.Add([]byte(`{"inherits": ["riscv32"], "features": "+32bit,-relax,-e"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, ok := relaxed(text)
		if !ok {
			return
		}
		if !json.Valid(got) || len(got) != len(text) {
			t.Errorf("%q became %q", text, got)
		}
		if _, again := relaxed(got); again {
			t.Errorf("%q can be relaxed again", got)
		}
	})
}

// Targets of RISC-V are not TinyGo's, all others are.
func TestTargets(t *testing.T) {
	tg, port := fixture(t)
	write := func(dir, name, text string) {
		t.Helper()
		file := filepath.Join(dir, "targets", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	const stiff, shortened = `{"inherits":["riscv32"],"features":"+c,-relax"}`, `{"inherits":["riscv32"],"features":"+c,+relax"}`
	write(tg.Root, "esp32c3.json", stiff)
	write(tg.Root, "esp32c3.ld", "-relax")
	write(tg.Root, "deeper/board.json", stiff)
	cache := t.TempDir()
	shadow := mustShadow(t, tg, port, cache)
	want := func(name, text string) {
		t.Helper()
		if got, err := os.ReadFile(filepath.Join(shadow, "targets", filepath.FromSlash(name))); err != nil || string(got) != text {
			t.Errorf("%s: %q, %v; want %q", name, got, err, text)
		}
	}
	want("pico.json", filepath.Join(tg.Root, "targets", "pico.json"))
	want("esp32c3.ld", "-relax")
	want("esp32c3.json", shortened)
	want("deeper/board.json", shortened)
	if got, err := os.ReadFile(filepath.Join(tg.Root, "targets", "esp32c3.json")); err != nil || string(got) != stiff {
		t.Errorf("TinyGo's own target became %q, %v", got, err)
	}

	// Somebody's change in the shadow does not stay, one in the original counts.
	write(shadow, "esp32c3.json", "")
	if again := mustShadow(t, tg, port, cache); again != shadow {
		t.Errorf("mended in %s, not in %s", again, shadow)
	}
	want("esp32c3.json", shortened)
	for _, change := range []func(){
		func() { write(tg.Root, "esp32c3.json", `{"features":"+m,-relax"}`) },
		func() { write(tg.Root, "new.json", `{}`) },
		func() {
			os.Remove(filepath.Join(tg.Root, "targets", "new.json"))
			write(tg.Root, "more/x", "")
		},
	} {
		was := shadow
		change()
		if shadow = mustShadow(t, tg, port, cache); shadow == was {
			t.Error("the targets changed, and the root is the same")
		}
	}
	want("esp32c3.json", `{"features":"+m,+relax"}`)
	if _, err := os.Lstat(filepath.Join(shadow, "targets", "new.json")); err == nil {
		t.Error("a target that TinyGo has no longer is there")
	}
}
