package tinygo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// targetsDir has a file for each board that TinyGo builds for.
const targetsDir = "targets"

// relaxed is the text of a target's file in which the linker may shorten code, and
// whether it may not already.
//
// A call on RISC-V is compiled to the eight bytes that reach any address, and the
// linker makes four or two of them where that is enough: it relaxes them. TinyGo's
// targets have that off, because LLVM's linker could not before LLVM 15; TinyGo
// 0.35 needs LLVM 15. Its start-up code allows for it.
func relaxed(text []byte) ([]byte, bool) {
	var target struct{ Features string }
	if err := json.Unmarshal(text, &target); err != nil || !strings.Contains(target.Features, "-relax") {
		return nil, false
	}
	features := strings.Split(target.Features, ",")
	found := false
	for i, f := range features {
		if f == "-relax" {
			features[i] = "+relax"
			found = true
		}
	}
	old := []byte(`"` + target.Features + `"`)
	if !found || bytes.Count(text, old) != 1 {
		return nil, false
	}
	return bytes.Replace(text, old, []byte(`"`+strings.Join(features, ",")+`"`), 1), true
}

// planTargets plans the folder of targets: links, and texts for those that are
// relaxed. All goes into the key.
func (p *plan) planTargets(root string, key io.Writer) error {
	p.dirs = append(p.dirs, targetsDir)
	return walk(filepath.Join(root, targetsDir), func(name string, e fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		name = path.Join(targetsDir, name)
		switch {
		case e.IsDir():
			fmt.Fprintf(key, "%q\n", name)
			p.dirs = append(p.dirs, name)
			return nil
		}
		file := filepath.Join(root, filepath.FromSlash(name))
		if path.Ext(name) == ".json" {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			if text, ok := relaxed(text); ok {
				fmt.Fprintf(key, "%q %q\n", name, text)
				p.texts[name] = text
				return nil
			}
		}
		fmt.Fprintf(key, "%q\n", name)
		p.links[name] = file
		return nil
	})
}
