package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

const getProgram = "github.com/tinynet/tinynet/bench/getbench"

// measureGet compares http.Get of the port and of tinygo-net. The server is
// here, outside both.
func (o *options) measureGet(ctx context.Context, w io.Writer, b *builder) (lowest float64, err error) {
	tc, err := b.tc.Outside(filepath.Join(b.dir, "goroot"))
	if err != nil {
		return 0, err
	}
	// In Go 1.26 a package went away that tinygo-net imports.
	if _, err := os.Stat(filepath.Join(tc.Root, "src", "internal", "itoa")); err != nil {
		return 0, fmt.Errorf("%s has no internal/itoa, which tinygo-net needs: use -go 1.25.11", tc.Version)
	}
	replace, err := replacements(o.tinygonet, filepath.Join(tc.Root, "src", "net"))
	if err != nil {
		return 0, err
	}
	overlay := filepath.Join(b.dir, "tinygonet.json")
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err == nil {
		err = os.WriteFile(overlay, text, 0o666)
	}
	if err != nil {
		return 0, err
	}
	outside := &builder{ctx: b.ctx, dir: b.dir, tc: tc}
	// tinygo-net does not mark useNetdev for programs that link to it by name.
	theirs, err := outside.plain("tinygo-net", getProgram, "-tags", "tinynet_get", "-overlay", overlay, "-ldflags", "-checklinkname=0")
	if err != nil {
		return 0, err
	}
	ours, err := b.port("port", getProgram, "tinynet_get")
	if err != nil {
		return 0, err
	}
	plain, err := b.plain("go", getProgram, "-tags", "tinynet_get,tinynet_plain")
	if err != nil {
		return 0, err
	}
	servers, stop, err := serveHello(5)
	if err != nil {
		return 0, err
	}
	defer stop()
	fmt.Fprintf(w, "%s %s/%s, %d CPUs, %d slices of %v in turn; CPU and allocations are the client's\n\n", b.tc.Version, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), o.pairs, o.slice)
	t, err := o.table(ctx, side{"tinygo-net", theirs}, side{"port", ours}, "-servers", servers)
	if err != nil {
		return 0, err
	}
	if err := t.print(w); err != nil {
		return 0, err
	}
	if !o.run.MatchString("get") {
		return t.lowest(), nil
	}
	fmt.Fprint(w, "\nOn the right over the same device, on the left Go's own client over the system's sockets:\n\n")
	own, err := o.table(ctx, side{"Go", plain}, side{"port", ours}, "-servers", servers)
	if err != nil {
		return 0, err
	}
	return t.lowest(), own.print(w)
}

// replacements lays a checkout of tinygo-net over net of a Go installation, as
// TinyGo has it: its folders have the checkout's files and no others.
func replacements(checkout, target string) (map[string]string, error) {
	checkout, err := filepath.Abs(checkout)
	if err != nil {
		return nil, err
	}
	replace := map[string]string{}
	folders := map[string]bool{}
	err = filepath.WalkDir(checkout, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != checkout && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		name, err := filepath.Rel(checkout, path)
		if err != nil {
			return err
		}
		folders[filepath.Dir(name)] = true
		replace[filepath.Join(target, name)] = path
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the checkout of tinygo-net: %w", err)
	}
	if replace[filepath.Join(target, "netdev.go")] == "" || !folders["http"] {
		return nil, fmt.Errorf("%s is no checkout of tinygo-net: it has no netdev.go or no folder http; git clone https://github.com/tinygo-org/net", checkout)
	}
	for folder := range folders {
		entries, err := os.ReadDir(filepath.Join(target, folder))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, e := range entries {
			file := filepath.Join(target, folder, e.Name())
			source := filepath.Ext(file) == ".go" || filepath.Ext(file) == ".s"
			if _, ok := replace[file]; !ok && source {
				replace[file] = "" // is not there
			}
		}
	}
	return replace, nil
}

// serveHello starts a server on so many ports, and lists them with commas.
func serveHello(n int) (ports string, stop func(), err error) {
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "hello, world\n")
	})}
	var list []string
	for range n {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			srv.Close()
			return "", nil, err
		}
		list = append(list, strconv.Itoa(ln.Addr().(*net.TCPAddr).Port))
		go srv.Serve(ln)
	}
	return strings.Join(list, ","), func() { srv.Close() }, nil
}
