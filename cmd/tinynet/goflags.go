package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// splitFlags splits GOFLAGS as the go command does: at white space, and a word
// that begins with a quote goes on to the next one.
func splitFlags(s string) ([]string, error) {
	var words []string
	for {
		s = strings.TrimLeft(s, " \t\n\r")
		if s == "" {
			return words, nil
		}
		if quote := s[0]; quote == '\'' || quote == '"' {
			end := strings.IndexByte(s[1:], quote)
			if end < 0 {
				return nil, fmt.Errorf("GOFLAGS has an unterminated %c", quote)
			}
			words, s = append(words, s[1:1+end]), s[2+end:]
			continue
		}
		end := strings.IndexAny(s, " \t\n\r")
		if end < 0 {
			end = len(s)
		}
		words, s = append(words, s[:end]), s[end:]
	}
}

// joinFlags is the reverse of splitFlags.
func joinFlags(words []string) (string, error) {
	quoted := make([]string, len(words))
	for i, w := range words {
		switch {
		case w != "" && !strings.ContainsAny(w, " \t\n\r'\""):
			quoted[i] = w
		case !strings.Contains(w, "'"):
			quoted[i] = "'" + w + "'"
		case !strings.Contains(w, `"`):
			quoted[i] = `"` + w + `"`
		default:
			return "", fmt.Errorf("GOFLAGS cannot hold %s: it has both kinds of quotes", w)
		}
	}
	return strings.Join(quoted, " "), nil
}

// overlayValue tells whether a word is -overlay=FILE, or -overlay alone.
func overlayValue(word string) (file string, whole, is bool) {
	name := strings.TrimPrefix(strings.TrimPrefix(word, "-"), "-")
	if len(name) == len(word) {
		return "", false, false
	}
	name, file, whole = strings.Cut(name, "=")
	return file, whole, name == "overlay"
}

// withoutOverlay takes -overlay out of the words of GOFLAGS.
func withoutOverlay(words []string) (rest []string, file string) {
	for _, w := range words {
		if f, _, is := overlayValue(w); is {
			file = f
		} else {
			rest = append(rest, w)
		}
	}
	return rest, file
}

// goArgs is a command line for the go command, looked through.
type goArgs struct {
	args    []string // without -overlay
	overlay string   // the user's
	dir     string   // of -C
	cover   bool     // there is a flag of go's cover
}

// valueFlags are the flags of go build and go test whose value may be the next
// argument. It only matters for telling where the flags end.
var valueFlags = set("C", "asmflags", "bench", "benchtime", "blockprofile", "blockprofilerate", "buildmode", "compiler", "count",
	"coverpkg", "covermode", "coverprofile", "cpu", "cpuprofile", "exec", "f", "fuzz", "fuzzminimizetime", "fuzztime", "gccgoflags", "gcflags",
	"installsuffix", "ldflags", "list", "memprofile", "memprofilerate", "mod", "modfile", "mutexprofile", "mutexprofilefraction",
	"o", "outputdir", "overlay", "p", "parallel", "pgo", "pkgdir", "reuse", "run", "shuffle", "skip", "tags", "timeout", "toolexec", "trace",
	"vet", "vettool")

func set(names ...string) map[string]bool {
	m := map[string]bool{}
	for _, n := range names {
		m[n] = true
	}
	return m
}

// parseGoArgs finds the flags that matter here among the arguments of a go
// command: those after the command's name and before the packages, for go test
// also later ones, but not those of the program.
func parseGoArgs(args []string) goArgs {
	g := goArgs{}
	if len(args) == 0 {
		return g
	}
	g.args = append(g.args, args[0])
	rest := args[1:]
	for len(rest) > 0 {
		word := rest[0]
		if word == "--" || word == "-args" || word == "--args" {
			break
		}
		if !strings.HasPrefix(word, "-") || word == "-" {
			if args[0] != "test" && args[0] != "vet" {
				break
			}
			g.args, rest = append(g.args, word), rest[1:]
			continue
		}
		name, value, whole := strings.Cut(strings.TrimPrefix(word[1:], "-"), "=")
		used := 1
		if !whole && valueFlags[name] && len(rest) > 1 {
			value, used = rest[1], 2
		}
		switch name {
		case "overlay":
			g.overlay = value
		case "cover", "covermode", "coverpkg", "coverprofile":
			g.cover = g.cover || name != "cover" || !whole || value != "false"
			g.args = append(g.args, rest[:used]...)
		case "C":
			g.dir = value
			fallthrough
		default:
			g.args = append(g.args, rest[:used]...)
		}
		rest = rest[used:]
	}
	g.args = append(g.args, rest...)
	return g
}

type overlayFile struct{ Replace map[string]string }

func readOverlay(name string) (overlayFile, error) {
	var o overlayFile
	data, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(data, &o)
	}
	return o, err
}

// An overlaySource is what an overlay is made from.
type overlaySource struct {
	port     string // the port's own
	root, by string // the Go root in it, and the path that the go command knows it by
	user     string // the user's; may be empty
	dir      string // the folder that the user's paths are relative to
}

// known is the path by which the go command knows a file.
func (s overlaySource) known(name string) string {
	if rest, ok := strings.CutPrefix(name, s.root+string(filepath.Separator)); ok {
		return filepath.Join(s.by, rest)
	}
	return name
}

// write writes the overlay to the cache, unless the port's own will do, and
// returns its name.
func (s overlaySource) write(cache string) (string, error) {
	if s.user == "" && s.root == s.by {
		return s.port, nil
	}
	fail := func(err error) (string, error) {
		if s.user != "" {
			return "", fmt.Errorf("join your overlay %s to the port's: %w", s.user, err)
		}
		return "", fmt.Errorf("write the port's overlay: %w", err)
	}
	port, err := readOverlay(s.port)
	if err != nil {
		return fail(err)
	}
	merged := port
	if s.root != s.by {
		// Not by the path in the module cache, in no spelling of it.
		merged = overlayFile{map[string]string{}}
		for name, with := range port.Replace {
			if by := s.known(name); by != name {
				merged.Replace[by] = with
			}
		}
	}
	if s.user != "" {
		dir, err := filepath.Abs(s.dir)
		if err != nil {
			return fail(err)
		}
		abs := func(name string) string {
			if name == "" || filepath.IsAbs(name) {
				return name
			}
			return filepath.Join(dir, name)
		}
		theirs, err := readOverlay(abs(s.user))
		if err != nil {
			return fail(err)
		}
		for name, with := range theirs.Replace {
			name = s.known(filepath.Clean(abs(name)))
			if _, both := merged.Replace[name]; both {
				return fail(fmt.Errorf("both replace %s; take it out of yours, or build without tinynet", name))
			}
			merged.Replace[name] = abs(with)
		}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(merged); err != nil {
		return fail(err)
	}
	sum := sha256.Sum256(b.Bytes())
	folder := filepath.Join(cache, "overlay")
	name := filepath.Join(folder, hex.EncodeToString(sum[:16])+".json")
	if had, err := os.ReadFile(name); err == nil && bytes.Equal(had, b.Bytes()) {
		now := time.Now()
		os.Chtimes(name, now, now)
		return name, nil
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fail(err)
	}
	pruneFiles(folder)
	if err := writeFile(name, b.Bytes()); err != nil {
		return fail(err)
	}
	return name, nil
}

// keptFor is how long what nobody uses stays in the cache.
const keptFor = 30 * 24 * time.Hour

func pruneFiles(folder string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, e := range entries {
		if fi, err := e.Info(); err == nil && time.Since(fi.ModTime()) > keptFor {
			os.RemoveAll(filepath.Join(folder, e.Name()))
		}
	}
}

// writeFile writes a file in one step: it is whole or as it was.
func writeFile(name string, data []byte) error { return writeAs(name, data, 0o666) }

// writeAs is writeFile for a file that has this mode, as far as the user's umask
// lets it.
func writeAs(name string, data []byte, mode os.FileMode) error {
	if fi, err := os.Stat(name); err == nil && !fi.Mode().IsRegular() {
		if fi.IsDir() {
			return fmt.Errorf("%s is a folder", name)
		}
		return os.WriteFile(name, data, mode) // such as /dev/stdout
	}
	// Not os.CreateTemp, so that the user's umask has its say.
	f, err := os.OpenFile(fmt.Sprintf("%s.%d-%x.tmp", name, os.Getpid(), rand.Uint32()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
