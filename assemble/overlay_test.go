package assemble

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOverlay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root := gorootOf(t, "go1.26.8", nil)
	link := filepath.Join(dir, "go")
	symlink(t, root.Dir, link)
	real, err := filepath.EvalSymlinks(root.Dir)
	if err != nil {
		t.Fatal(err)
	}
	want := func(roots ...string) map[string]string {
		all := map[string]string{}
		for _, r := range roots {
			all[filepath.Join(r, "src/net/dial.go")] = filepath.Join(dir, "files/src/net/dial.go")
			all[filepath.Join(r, "src/net/fd_netdev.go")] = filepath.Join(dir, "files/src/net/fd_netdev.go")
			all[filepath.Join(r, "src/net/http/server.go")] = filepath.Join(dir, "files/src/net/http/server.go")
			all[filepath.Join(r, "src/net/fd_unix.go")] = ""
		}
		return all
	}
	for _, c := range []struct {
		root string
		want map[string]string
	}{
		{real, want(real)},
		{link, want(link, real)},
	} {
		var texts []string
		for range 2 {
			data, err := listingTree().Overlay(Goroot{Dir: c.root, Version: "go1.26.8"}, filepath.Join(dir, "files"))
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(data))
			var got struct{ Replace map[string]string }
			if err := json.Unmarshal(data, &got); err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(got.Replace, c.want) {
				t.Errorf("got %v, want %v", got.Replace, c.want)
			}
		}
		if texts[0] != texts[1] {
			t.Error("the second time it was different")
		}
	}
}

func TestOutsideModCache(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cache := filepath.Join(dir, "cache")
	plain := gorootOf(t, "go1.26.8", nil)
	if got, err := plain.OutsideModCache(cache); err != nil || got != plain {
		t.Errorf("a root elsewhere became %v, %v", got, err)
	}
	mod := filepath.Join(dir, "mod", "golang.org", "toolchain@v0.0.1-go1.27.4.linux-amd64")
	put(t, filepath.Join(mod, "VERSION"), "go1.27.4\n")
	put(t, filepath.Join(mod, "src/net/dial.go"), "package net\n")
	root, err := OpenGoroot(mod)
	if err != nil {
		t.Fatal(err)
	}
	first, err := root.OutsideModCache(cache)
	if err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(first.Dir); err != nil || to != mod || first.Version != root.Version || !strings.HasPrefix(first.Dir, cache) {
		t.Fatalf("the root is %v, a link to %s, %v", first, to, err)
	}
	if again, err := root.OutsideModCache(cache); err != nil || again != first {
		t.Errorf("first %v, then %v, %v", first, again, err)
	}
	// A link that goes elsewhere is put right.
	if err := os.Remove(first.Dir); err != nil {
		t.Fatal(err)
	}
	symlink(t, plain.Dir, first.Dir)
	if again, err := root.OutsideModCache(cache); err != nil || again != first {
		t.Errorf("first %v, then %v, %v", first, again, err)
	}
	if to, err := os.Readlink(first.Dir); err != nil || to != mod {
		t.Errorf("the link goes to %s, %v", to, err)
	}
	data, err := listingTree().Overlay(first, dir)
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Replace map[string]string }
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	for name := range got.Replace {
		if !strings.HasPrefix(name, first.Dir) {
			t.Errorf("the overlay replaces %s", name)
		}
	}
	if got := snapshot(t, filepath.Join(cache, "goroot")); len(got) != 1 {
		t.Errorf("there are %v", got)
	}
}
