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

// TestOverlayOfModCache has a Go root that the go command fetched: an overlay
// that names a file in its module cache is refused.
func TestOverlayOfModCache(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mod := filepath.Join(dir, "mod", "golang.org", "toolchain@v0.0.1-go1.27.4.linux-amd64")
	if err := os.MkdirAll(mod, 0o777); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "go")
	symlink(t, mod, link)
	data, err := listingTree().Overlay(Goroot{Dir: link, Version: "go1.27.4"}, dir)
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Replace map[string]string }
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	for name := range got.Replace {
		if !strings.HasPrefix(name, link) {
			t.Errorf("the overlay replaces %s", name)
		}
	}
}
