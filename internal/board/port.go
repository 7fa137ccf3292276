// Package board runs programs on boards that are emulated, and whose only
// network is a tether to this computer. The programs need no change: the port of
// net that they are built with has the tether as its device from the start.
package board

import (
	"bytes"
	"embed"
	"fmt"
	"go/build/constraint"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/tinynet/tinynet/netdev/tether"
)

// glue has what joins the tether to package net, for each board: the files of
// the folder with the board's name, of common and, for those of QEMU, of qemu. In
// these, folders such as since-0.40 and until-0.40 have what is for TinyGo from that
// release on, or before it.
//
//go:embed all:glue
var glue embed.FS

// Where the tether is in the assembled port: package net imports it, so it
// cannot be where it is in this module.
const (
	tetherPackage = "net/http/tether"
	wirePackage   = tetherPackage + "/internal/wire"
	errnoPackage  = tetherPackage + "/internal/errno"

	tetherPath = "github.com/tinynet/tinynet/netdev/tether"
	errnoPath  = "github.com/tinynet/tinynet/netdev/internal/errno"
	portTag    = "tinynetport"
)

// Port returns the port with the tether of a board in it.
func Port(base fs.FS, board string) (fs.FS, error) {
	merged := fstest.MapFS{}
	add := func(name string, data []byte) { merged[name] = &fstest.MapFile{Data: data, Mode: 0o444} }
	err := fs.WalkDir(base, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(base, name)
		add(name, data)
		return err
	})
	if err != nil {
		return nil, err
	}
	packages := map[string][]string{}
	for dir, source := range map[string]fs.FS{tetherPackage: tether.Source, errnoPackage: tether.ErrnoSource} {
		err = fs.WalkDir(source, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := fs.ReadFile(source, name)
			if err != nil {
				return err
			}
			data = bytes.ReplaceAll(data, []byte(`"`+tetherPath+`/`), []byte(`"`+tetherPackage+`/`))
			data = bytes.ReplaceAll(data, []byte(`"`+errnoPath+`"`), []byte(`"`+errnoPackage+`"`))
			if data, err = tagged(data); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			pkg := path.Join(dir, path.Dir(name))
			packages[pkg] = append(packages[pkg], path.Base(name))
			add(path.Join(dir, name), data)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for pkg, files := range packages {
		add(pkg+"/manifest.toml", []byte(fmt.Sprintf("package = %q\n%s", pkg, addEntry(files))))
	}
	entries := ""
	dirs := []string{"glue/common", "glue/" + board}
	if board != "wasm" {
		dirs = append(dirs, "glue/qemu")
	}
	if _, err := glue.ReadDir("glue/" + board); err != nil {
		return nil, fmt.Errorf("there is no board %q", board)
	}
	for _, dir := range dirs {
		files := map[string][]string{} // by the TinyGos they are for
		err := fs.WalkDir(glue, dir, func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			data, err := glue.ReadFile(name)
			if err != nil {
				return err
			}
			// A folder in it, such as since-0.40, is for some TinyGos.
			span, key := path.Base(path.Dir(name)), ""
			file := "tether_" + e.Name()
			if path.Dir(name) != dir {
				when, release, _ := strings.Cut(span, "-")
				key = fmt.Sprintf("tinygo-%s = %q\n", when, release)
				file = fmt.Sprintf("tether_%s_%s", span, e.Name())
			}
			files[key] = append(files[key], file)
			add("net/"+file, data)
			return nil
		})
		if err != nil {
			return nil, err
		}
		for _, key := range slices.Sorted(maps.Keys(files)) {
			entries += addEntry(files[key]) + key
		}
	}
	// The device that the board has is netdev.Host: the program knows no other way
	// to it.
	const host, hostFunc = "net/builtin_netdev.go", "func hostNetdev() netdever {\n"
	own, ok := merged[host]
	if !ok || bytes.Count(own.Data, []byte(hostFunc)) != 1 {
		return nil, fmt.Errorf("the port has no %s with hostNetdev", host)
	}
	add(host, bytes.Replace(own.Data, []byte(hostFunc), []byte(hostFunc+"\tif boardNetdev != nil {\n\t\treturn boardNetdev\n\t}\n"), 1))
	const manifest = "net/manifest.toml"
	own, ok = merged[manifest]
	if !ok {
		return nil, fmt.Errorf("the port has no %s", manifest)
	}
	add(manifest, append(append([]byte(nil), own.Data...), entries...))
	return merged, nil
}

func addEntry(files []string) string {
	var b strings.Builder
	b.WriteString("\n[[add]]\nfiles = [")
	for _, f := range files {
		fmt.Fprintf(&b, "%q, ", f)
	}
	b.WriteString("]\n")
	return b.String()
}

// tagged gives a source the tag that the port's have.
func tagged(src []byte) ([]byte, error) {
	rest, ok := bytes.CutPrefix(src, []byte("//go:build "))
	if !ok {
		return append([]byte("//go:build "+portTag+"\n\n"), src...), nil
	}
	line, rest, _ := bytes.Cut(rest, []byte("\n"))
	if _, err := constraint.Parse("//go:build " + string(line)); err != nil {
		return nil, err
	}
	return append([]byte(fmt.Sprintf("//go:build %s && (%s)\n", portTag, line)), rest...), nil
}
