package assemble

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// upstreamTests are those of Go's tests that TinyGo keeps beside its net, and that
// its own checks of that package run.
var upstreamTests = []string{"net/mac_test.go", "net/http/internal/chunked_test.go", "net/http/internal/ascii/print_test.go"}

// Adopted is the tree as TinyGo keeps such packages in its repository: the folders
// that it has of its own, without those that it takes from Go's root, with a listing
// of the files in src/net/README.md and the tests that its checks run. It has to be
// assembled for that: see [Goroot.Adopted].
func (t *Tree) Adopted() (*Tree, error) {
	a := &Tree{Release: t.Release, TinyGo: t.TinyGo, Omitted: t.Omitted, goroot: t.goroot}
	for _, f := range t.Files {
		if !GosOwn(f.Path) {
			a.Files = append(a.Files, f)
		}
	}
	root := Goroot{Dir: t.goroot}
	for _, name := range upstreamTests {
		data, err := os.ReadFile(root.src(name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s, which TinyGo's checks run, is not in %s: some packages of Go leave tests out, and -go %s fetches one that has them",
				path.Base(name), t.goroot, strings.TrimPrefix(t.Release, "go"))
		}
		if err != nil {
			return nil, fmt.Errorf("read a test of Go's: %w", err)
		}
		a.Files = append(a.Files, File{Path: name, Mark: Taken, Data: data, Source: "src/" + name})
	}
	byPath := func(x, y File) int { return strings.Compare(x.Path, y.Path) }
	slices.SortFunc(a.Files, byPath)
	readme, err := a.readme()
	if err != nil {
		return nil, err
	}
	a.Files = append(a.Files, File{Path: "net/README.md", Mark: Added, Data: readme, Source: "internal/assemble/adopt.go"})
	slices.SortFunc(a.Files, byPath)
	return a, nil
}

// readme is the listing, in the form that TinyGo's own has.
func (t *Tree) readme() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, `# net

The packages net, net/http and crypto/tls of Go, on netdev, TinyGo's interface to
network devices, in the place of an operating system's sockets.

They are made from %s by tinynet; do not edit them here. To have another
release of Go, or a change, assemble them again:

	tinynet assemble -adopt -go %s -tinygo tinygo -o DIR

The tree below shows the files. One marked * is Go's with changes, each of which
has a comment that begins with TINYGO; one marked + is new; one without a mark is
Go's, byte for byte.

`, t.Release, strings.TrimPrefix(t.Release, "go"))
	b.WriteString("```\n")
	if err := t.Listing(&b, ListingOptions{}); err != nil {
		return nil, err
	}
	b.WriteString("```\n")
	return b.Bytes(), nil
}
