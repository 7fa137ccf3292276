package tinygo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/guess"
)

// module is the module that the examples are in.
const module = "github.com/tinynet/tinynet"

// A radio is a network device whose package has a module of its own, because it
// needs others that the examples' module must not depend on. The examples import
// it under a build tag.
type radio struct {
	tag     string
	modules []string // folders, the package's own first
	oldest  string   // the Go that they want
}

var radios = []radio{
	{"cyw43439", []string{"netdev/cyw43439", "netdev/lneto"}, "go1.24"},
}

// Workspace is the environment in which the examples find the package of their
// board's radio: GOWORK names a workspace of both modules, which lies in the
// cache folder. It changes nothing for other modules, for boards without such a
// radio, and where the user has chosen a workspace or a go.mod already. Nor does it
// where the release of Go, such as go1.23.12, is too old for that package: the note says
// so, for programs that do not import it build all the same.
func (t *TinyGo) Workspace(ctx context.Context, env, args []string, release, cacheDir string) (_ []string, note string, _ error) {
	target, tags := targetOf(args)
	if err := t.knows(target); err != nil {
		return nil, "", err
	}
	if target == "" && tags == nil || lookup(env, "GOWORK") != "" || strings.Contains(lookup(env, "GOFLAGS"), "-modfile") {
		return env, "", nil
	}
	root, err := examplesRoot(ctx, t.Goroot, env)
	if root == "" || err != nil {
		return env, "", err
	}
	if target != "" {
		more, err := t.tagsOf(ctx, env, target)
		if err != nil {
			return env, "", nil // TinyGo will say so itself, in its own words
		}
		tags = append(tags, more...)
	}
	for _, r := range radios {
		if !slices.Contains(tags, r.tag) {
			continue
		}
		if version.Compare(strings.TrimPrefix(release, "devel "), r.oldest) < 0 {
			return env, fmt.Sprintf("%s wants %s or newer, and TinyGo %s builds with %s here: a program without it builds, one that imports it does not", r.modules[0], r.oldest, t.Release, release), nil
		}
		file, err := writeWorkspace(root, r, cacheDir)
		if err != nil {
			return nil, "", fmt.Errorf("write a workspace with %s: %w", r.modules[0], err)
		}
		return append(slices.Clone(env), "GOWORK="+file), "", nil
	}
	return env, "", nil
}

// knows is an error if TinyGo has no target of this name, in the place of one that names a
// file in the cache. A target may also be a file of the user's, or three words with
// dashes, as clang has them.
func (t *TinyGo) knows(target string) error {
	if target == "" || strings.HasSuffix(target, ".json") || strings.Count(target, "-") >= 2 {
		return nil
	}
	entries, err := os.ReadDir(filepath.Join(t.Root, targetsDir))
	if err != nil {
		return nil // what is wrong with it has been said, or will be
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".json"); ok {
			names = append(names, name)
		}
	}
	if len(names) == 0 || slices.Contains(names, target) {
		return nil
	}
	return fmt.Errorf("TinyGo %s has no target %s%s\n`tinygo targets` lists them", t.Release, target, guess.DidYouMean(target, names))
}

// targetOf finds the target and the tags among TinyGo's arguments.
func targetOf(args []string) (target string, tags []string) {
	for i, arg := range args {
		if !strings.HasPrefix(arg, "-") {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if !ok && i+1 < len(args) {
			value = args[i+1]
		}
		switch name {
		case "target":
			target = value
		case "tags":
			tags = strings.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == ',' })
		}
	}
	return target, tags
}

func lookup(env []string, name string) (value string) {
	for _, e := range env {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			value = v
		}
	}
	return value
}

// examplesRoot is the folder of the main module, if that is the examples'.
func examplesRoot(ctx context.Context, goroot string, env []string) (string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(goroot, "bin", "go"), "list", "-m", "-json")
	cmd.Env = env
	out, err := cmd.Output()
	if err != nil {
		return "", nil // there is no module here
	}
	var m struct{ Path, Dir string }
	if err := json.Unmarshal(out, &m); err != nil || m.Path != module {
		return "", nil
	}
	return m.Dir, nil
}

// tagsOf asks TinyGo for the build tags of a target.
func (t *TinyGo) tagsOf(ctx context.Context, env []string, target string) ([]string, error) {
	cmd := exec.CommandContext(ctx, t.Command, "info", "-json", "-target="+target)
	cmd.Env = env
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var info struct {
		Target struct {
			Tags []string `json:"build-tags"`
		} `json:"target"`
	}
	if err := json.Unmarshal(out, &info); err != nil {
		return nil, err
	}
	return info.Target.Tags, nil
}

// writeWorkspace writes a go.work for the modules of a radio below root.
func writeWorkspace(root string, r radio, cacheDir string) (string, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "// The examples, with the module of a board's radio. Written by tinynet.\ngo %s\n\nuse (\n", strings.TrimPrefix(r.oldest, "go"))
	for _, folder := range append([]string{"."}, r.modules...) {
		dir := filepath.Join(root, filepath.FromSlash(folder))
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "\t%q\n", filepath.ToSlash(dir))
	}
	b.WriteString(")\n")
	sum := sha256.Sum256(b.Bytes())
	dir := filepath.Join(cacheDir, "workspace", hex.EncodeToString(sum[:8]))
	file := filepath.Join(dir, "go.work")
	if have, err := os.ReadFile(file); err == nil && bytes.Equal(have, b.Bytes()) {
		return file, nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	// Two at once write the same, each to a file of its own.
	tmp, err := assemble.NewFile(dir, "go.work.*")
	if err != nil {
		return "", err
	}
	_, err = tmp.Write(b.Bytes())
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		os.Remove(tmp.Name())
		return "", err
	}
	return file, nil
}
