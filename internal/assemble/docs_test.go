package assemble

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// A labelled block is a line such as "Go's `net/x.go`:" and the code below it.
var labelled = regexp.MustCompile("(?m)^(Go's |Assembled |)`([^`\n]+)`:\n\n```[a-z]*\n((?s).*?)\n```$")

// TestDocs does the examples of docs/manifest.md.
func TestDocs(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../docs/manifest.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := 0
	port, up := map[string]string{}, map[string]string{}
	var want [][2]string
	do := func() {
		if len(port) == 0 {
			return
		}
		examples++
		const manifest = "net/manifest.toml"
		text := "package = \"net\"\n" + port[manifest]
		if !strings.Contains(text, "[[omit]]") {
			for name := range up {
				text += "\n[[take]]\nfiles = [\"" + strings.TrimPrefix(name, "net/") + "\"]\n"
			}
		}
		port[manifest] = text
		tree, err := assembled(portOf(port), gorootOf(t, "go1.26.8", up))
		if err != nil {
			t.Errorf("%v\n%s", err, text)
		} else {
			checkTree(t, tree, up)
			for _, w := range want {
				found := false
				for _, f := range tree.Files {
					if f.Path == w[0] {
						found = true
						if !strings.Contains(string(f.Data), w[1]+"\n") {
							t.Errorf("%s has become\n%s\nthe manual says\n%s", f.Path, f.Data, w[1])
						}
					}
				}
				if !found {
					t.Errorf("no %s was made", w[0])
				}
			}
		}
		port, up, want = map[string]string{}, map[string]string{}, nil
	}
	for _, m := range labelled.FindAllStringSubmatch(string(data), -1) {
		kind, name, text := m[1], m[2], m[3]
		switch kind {
		case "Go's ":
			do() // an example begins with Go's file, if it has one
			up[name] = text + "\n"
		case "Assembled ":
			want = append(want, [2]string{name, text})
		default:
			if len(want) > 0 || name == "port/net/lamp_netdev.go" {
				do()
			}
			port[strings.TrimPrefix(name, "port/")] = text + "\n"
		}
	}
	do()
	if examples != 9 {
		t.Errorf("%d examples were found", examples)
	}
	// The other manifests in it have no unknown keys at least.
	for _, m := range regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllStringSubmatch(string(data), -1) {
		text := m[1]
		if !strings.HasPrefix(text, "package") {
			text = "package = \"net/http\"\n" + text
		}
		p := &pkg{path: "net/http", file: "manifest.toml", ports: map[string]*portFile{}}
		if ps := p.load([]byte(text)); len(ps) > 0 {
			t.Errorf("%v\n%s", ps, text)
		}
	}
}
