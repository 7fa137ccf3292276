//go:build unix

package e2e

import (
	"debug/elf"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// packageOf is the package that a symbol of TinyGo's is of: the name of a function, a
// method or a variable, or what the compiler made for one.
func packageOf(symbol string) string {
	name := strings.TrimLeft(symbol, "(*")
	slash := strings.LastIndexByte(name, '/') + 1
	if dot := strings.IndexAny(name[slash:], ".$"); dot > 0 {
		return name[:slash+dot]
	}
	return ""
}

func TestPackageOf(t *testing.T) {
	for symbol, want := range map[string]string{
		"(*fmt.pp).printArg":             "fmt",
		"fmt.Sprintf":                    "fmt",
		"unicode$alloc.1261":             "unicode",
		"crypto/internal/fips140/aes.td": "crypto/internal/fips140/aes",
		"(crypto/tls.alert).String":      "crypto/tls",
		"net/http/internal$string.3":     "net/http/internal",
		"memcpy":                         "",
	} {
		if got := packageOf(symbol); got != want {
			t.Errorf("packageOf(%q) = %q, want %q", symbol, got, want)
		}
	}
}

// TestLinked looks at what a plain server and a client without TLS link on a board:
// nothing of what only TLS, its tests of itself or package fmt need, and no table of
// Unicode in RAM.
func TestLinked(t *testing.T) {
	needs(t, "tinygo")
	// A test that looks for what is not there would pass without looking: these are.
	present := []string{"net", "net/http", "runtime"}
	absent := regexp.MustCompile(`^(fmt|math/big|encoding/asn1|crypto/(rsa|ecdsa|ecdh|ed25519|mlkem|internal/.*))$`)
	handshake := regexp.MustCompile(`^\(\*crypto/tls\.(Conn\)\.(client|server)Handshake|\w+HandshakeState)`)
	for _, program := range []struct {
		name string
		tags string
	}{
		{"httpserver", ""},
		{"httpclient", "-tags=notls"},
	} {
		t.Run(program.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "program.elf")
			args := []string{"build", "-target=pico", "-scheduler=tasks", "-o", file}
			if program.tags != "" {
				args = append(args, program.tags)
			}
			underTinyGo(t, append(args, "./bench/size/programs/"+program.name)...)
			f, err := elf.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			symbols, err := f.Symbols()
			if err != nil {
				t.Fatal(err)
			}
			var found []string
			for _, s := range symbols {
				if s.Section == elf.SHN_UNDEF || int(s.Section) >= len(f.Sections) || s.Size == 0 {
					continue
				}
				section := f.Sections[s.Section]
				if section.Flags&elf.SHF_ALLOC == 0 || strings.HasPrefix(s.Name, "reflect/types") || strings.HasPrefix(s.Name, "interface:") {
					continue
				}
				pkg := packageOf(s.Name)
				found = append(found, pkg)
				if absent.MatchString(pkg) || handshake.MatchString(s.Name) {
					t.Errorf("it links %s, %d bytes, want nothing of %s", s.Name, s.Size, pkg)
				}
				if pkg == "unicode" && section.Flags&elf.SHF_WRITE != 0 {
					t.Errorf("%s, %d bytes, is in RAM, want the tables of Unicode in flash or nowhere", s.Name, s.Size)
				}
			}
			for _, pkg := range present {
				if !slices.Contains(found, pkg) {
					t.Errorf("no symbol of %s was found: are names as they were?", pkg)
				}
			}
		})
	}
}

// TestFIPS: who asks for Go's FIPS 140 mode, which TinyGo cannot give, is told so when
// the program is compiled, on a board and on a computer.
func TestFIPS(t *testing.T) {
	needs(t, "tinygo")
	for _, target := range [][]string{{"-target=pico"}, nil} {
		args := slices.Concat([]string{"tinygo", "build", "-tags=fips140", "-o", filepath.Join(t.TempDir(), "program")}, target, []string{"./bench/size/programs/httpserver"})
		cmd := exec.Command(tinynet(t), args...)
		cmd.Dir = root
		cmd.Env = ownEnv()
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "TinyGoHasNoFIPS140Mode") {
			t.Errorf("%s: %v, want an error that says TinyGoHasNoFIPS140Mode:\n%s", cmd, err, out)
		}
	}
}
