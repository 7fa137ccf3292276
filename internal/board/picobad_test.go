package board_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/internal/board"
)

// cli runs the tinynet command, and returns its exit status and what it printed.
func cli(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	exe, err := tinynet()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Env = append(os.Environ(), "GOROOT=")
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("%s: %v, %v\n%s%s", cmd, err, ctx.Err(), &out, &errs)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

func needsPico(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("tinygo"); err != nil {
		t.Skip("no tinygo on PATH")
	}
	picoInstall(t)
}

// TestPicoProgramEnds: however a program of TinyGo ends, on both boards the command ends
// with what happened and where, and with the program's exit status if it has one. What
// -stats and -profile tell is there, too.
func TestPicoProgramEnds(t *testing.T) {
	t.Parallel()
	needsPico(t)
	for _, name := range []string{board.Pico, board.W5500Pico} {
		t.Run(name, func(t *testing.T) {
			file := build(t, kind{name: name}, "./testdata/bad")
			program, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			const does = "bad:nothing"
			if n := bytes.Count(program, []byte(does)); n != 1 {
				t.Fatalf("%q is %d times in the program, want once", does, n)
			}
			for _, test := range []struct {
				how    string
				status int
				says   []string // expressions that match lines of both outputs
			}{
				{"nothing", 0, []string{`^bad: begins$`}},
				{"exit", 7, []string{`^bad: begins$`}},
				{"work", 0, []string{`^bad: worked \d+$`, `^tinynet: bytes of RAM: [1-9]\d* in all$`, `^tinynet: cycles: [1-9]\d{7,}, which are`, `^File: program\.elf$`, `%.*main\.work$`}},
				{"panic", 1, []string{`panic: bad: it is broken`, `in main\.giveUp \(main\.go:\d+\)`}},
				{"nil", 1, []string{`panic: runtime error.*nil pointer dereference`, `in main\.deref \(main\.go:\d+\)`}},
				{"map", 1, []string{`panic: runtime error.*assignment to entry in nil map`, `in main\.store \(hashmap\.go:\d+, called at main\.go:\d+\)`}}, // the runtime's function is inlined
				{"memory", 1, []string{`panic: runtime error.*out of memory`, `\bmain\.go:\d+[,)]`}},
				{"stack", 1, []string{`stack overflow|hard fault`, `in main\.deeper`}},
				{"fault", 1, []string{`hard fault: write to the address 0x60000000, where there is nothing`, `^at 0x[0-9a-f]+ in main\.write \(main\.go:\d+\)$`}},
				{"spin", 1, []string{`the program spins: it is in a loop that changes nothing`, `^at 0x[0-9a-f]+ in main\.spin \(main\.go:\d+\)$`}},
			} {
				t.Run(test.how, func(t *testing.T) {
					dir := t.TempDir()
					elf, pprof := filepath.Join(dir, "program.elf"), filepath.Join(dir, "profile")
					how := "bad:" + test.how + strings.Repeat(" ", len(does))
					if err := os.WriteFile(elf, bytes.Replace(program, []byte(does), []byte(how[:len(does)]), 1), 0o666); err != nil {
						t.Fatal(err)
					}
					args := []string{"run", "-board", name}
					if test.how == "work" {
						args = append(args, "-stats", "-profile", pprof)
					}
					status, out, errs := cli(t, append(args, elf)...)
					said := out + errs
					if test.how == "work" {
						top, err := exec.Command("go", "tool", "pprof", "-top", pprof).CombinedOutput()
						if err != nil {
							t.Errorf("go tool pprof -top: %v\n%s", err, top)
						}
						said += string(top)
					}
					if status != test.status {
						t.Errorf("got exit status %d, want %d", status, test.status)
					}
					for _, want := range test.says {
						if !regexp.MustCompile("(?m)" + want).MatchString(strings.ReplaceAll(said, "\r", "")) {
							t.Errorf("got nothing that matches %q", want)
						}
					}
					if t.Failed() {
						t.Logf("it said:\n%s", said)
					}
				})
			}
		})
	}
}

// TestPicoTooLarge: of a program that has no room in the flash or in memory, it is told
// of what there is too much, and how to see what it is.
func TestPicoTooLarge(t *testing.T) {
	t.Parallel()
	needsPico(t)
	for _, test := range []struct{ name, source, want string }{
		{"flash", "package main\n\nfunc main() { println(text[len(text)/2:]) }\n\nvar text = \"" + strings.Repeat("too large ", 230_000) + "\"\n", "flash"},
		{"memory", "package main\n\nimport \"time\"\n\nvar much [300 << 10]byte\n\nfunc main() { much[time.Now().Unix()%1000]++; println(much[time.Now().Unix()%999]) }\n", "ram"},
	} {
		for _, name := range []string{board.Pico, board.W5500Pico} {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "main.go")
				if err := os.WriteFile(file, []byte(test.source), 0o666); err != nil {
					t.Fatal(err)
				}
				status, out, errs := cli(t, "run", "-board", name, file)
				if status != 1 || !regexp.MustCompile("(?i)"+test.want+" overflowed by [0-9]+ bytes").MatchString(errs) || !strings.Contains(errs, "tinynet size -target=pico2 "+file) {
					t.Errorf("got status %d, want 1, that %s is full and how to see of what\n%s%.2000s", status, test.want, out, errs)
				}
			})
		}
	}
}

// TestPicoOtherFile: a file that is neither of a package nor firmware is not taken for a
// package that is missing.
func TestPicoOtherFile(t *testing.T) {
	t.Parallel()
	picoInstall(t)
	file := filepath.Join(t.TempDir(), "firmware.hex")
	if err := os.WriteFile(file, []byte(":00000001FF\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	status, out, errs := cli(t, "run", "-board", board.Pico, file)
	if want := file + " is neither a package nor firmware, whose name ends in .uf2 or .elf"; status != 1 || !strings.Contains(errs, want) {
		t.Errorf("got status %d, want 1 and %q\n%s%s", status, want, out, errs)
	}
}
