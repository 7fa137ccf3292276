package docs_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	anyFence = regexp.MustCompile("(?ms)^```([a-z]*)[^\n]*\n(.*?)^```$")
	span     = regexp.MustCompile("`([^`\n]+)`")
	// What begins like this in code is a command of a shell.
	shell = regexp.MustCompile(`^(?:[A-Z_]+=\S* )*(?:make [a-z-]+$|(?:tinynet|go|tinygo|git|npm|curl|bash|qemu-system-\S+|mosquitto\S*|apt\S*|brew|sudo|export) )`)
	// What does, and is none.
	noShell = map[string]bool{"go f()": true, "tinygo = false": true, "tinygo = true": true}
	// A name of a command alone, or of all of them, is none: it need only exist.
	nameOnly = regexp.MustCompile(`^(?:go|make|tinygo|tinynet(?: [a-z]+)?)$|COMMAND$`)
	// What a target of make is for, and what it takes, its own line says; and a test
	// need not be run by a test.
	target = regexp.MustCompile(`^make [a-z-]+$|^go test( |$)`)
)

// commands are the commands of a document: in blocks for a shell, in what a
// block shows of a terminal, in the examples of a command's help, and in lines.
func commands(text string) (all []string) {
	add := func(line string) {
		line = strings.TrimSpace(line)
		if i := strings.Index(line, " # "); i >= 0 {
			line = strings.TrimSpace(line[:i])
		}
		if line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, strings.Join(strings.Fields(line), " "))
		}
	}
	for _, m := range anyFence.FindAllStringSubmatch(text, -1) {
		lang, body := m[1], strings.ReplaceAll(m[2], "\\\n", " ")
		for _, line := range strings.Split(body, "\n") {
			prompt, terminal := strings.CutPrefix(line, "$ ")
			switch {
			case lang == "sh":
				add(line)
			case terminal:
				add(prompt)
			case (lang == "text" || lang == "") && shell.MatchString(strings.TrimSpace(line)+" "):
				add(line)
			}
		}
	}
	for _, m := range span.FindAllStringSubmatch(anyFence.ReplaceAllString(text, ""), -1) {
		if shell.MatchString(m[1]) && !noShell[m[1]] {
			add(m[1])
		}
	}
	return all
}

// byTest is a heading of testdata/commands.txt that names the test which runs the
// commands below it.
var byTest = regexp.MustCompile(`^run by (\w+) in (\S+)$`)

// listed reads testdata/commands.txt: each command, with the heading that it
// stands below.
func listed(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open("testdata/commands.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := map[string]string{}
	heading := ""
	for in := bufio.NewScanner(f); in.Scan(); {
		line := strings.TrimSpace(in.Text())
		if h, ok := strings.CutPrefix(line, "## "); ok {
			heading = h
		} else if line != "" && !strings.HasPrefix(line, "#") {
			if all[line] != "" {
				t.Errorf("%s is listed twice", line)
			}
			all[line] = heading
		}
	}
	return all
}

// TestCommands holds each command of the documents to testdata/commands.txt,
// which says that it is run here, or why not; and runs those.
func TestCommands(t *testing.T) {
	all := listed(t)
	found := map[string]string{} // with the page
	for page, text := range pages(t) {
		for _, c := range commands(text) {
			found[c] = page
		}
	}
	if len(found) < 100 {
		t.Errorf("the documents have %d commands: the test looks for them in the wrong place", len(found))
	}
	tinynet := filepath.Join(t.TempDir(), "tinynet")
	if out, err := exec.Command("go", "build", "-o", tinynet, "../cmd/tinynet").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for c, page := range found {
		if all[c] == "" && !nameOnly.MatchString(c) && !target.MatchString(c) {
			t.Errorf("%s has a command of which testdata/commands.txt does not say whether it is run (a line below a heading):\n%s", page, c)
		}
		checkCommand(t, tinynet, page, c)
	}
	for c, heading := range all {
		if found[c] == "" {
			t.Errorf("testdata/commands.txt has a command that no document has: %s", c)
		}
		if m := byTest.FindStringSubmatch(heading); m != nil {
			checkTests(t, "testdata/commands.txt", c, []string{"-run", "^" + m[1] + "$", "./" + m[2]})
		}
	}

	env := os.Environ()
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} { // else they would be in the new home
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		env = append(env, name+"="+strings.TrimSpace(string(value)))
	}
	for c, heading := range all {
		if heading != "run" {
			continue
		}
		t.Run(c, func(t *testing.T) {
			dir := t.TempDir()
			cmd := exec.Command("sh", "-c", c)
			cmd.Dir = dir
			cmd.Env = append(env, "HOME="+dir, "XDG_CACHE_HOME="+filepath.Join(dir, "cache"), "PATH="+filepath.Dir(tinynet)+string(filepath.ListSeparator)+os.Getenv("PATH"))
			if out, err := cmd.CombinedOutput(); err != nil || len(out) == 0 && !strings.Contains(c, " -o ") {
				t.Errorf("%s: %v\n%s", c, err, out)
			}
		})
	}
}

// checkCommand looks for what a command names: tinynet's commands and options,
// the targets of make, and tests.
func checkCommand(t *testing.T, tinynet, page, c string) {
	t.Helper()
	words := strings.Fields(c)
	for len(words) > 0 && regexp.MustCompile(`^[A-Z_]+=`).MatchString(words[0]) {
		words = words[1:]
	}
	if len(words) > 2 && words[0] == "go" && words[1] == "run" && strings.Contains(words[2], "/cmd/tinynet") {
		words = append([]string{"tinynet"}, words[3:]...)
	}
	switch {
	case len(words) < 2:
	case words[0] == "tinynet":
		checkTinynet(t, tinynet, page, c, words[1:])
	case words[0] == "make":
		text, err := os.ReadFile("../Makefile")
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`(?m)^` + words[1] + `:.* ## \S`).Match(text) {
			t.Errorf("%s has %s, and the Makefile has no such target, or does not say what it is for", page, c)
		}
	case words[0] == "go" && words[1] == "test":
		checkTests(t, page, c, words[2:])
	}
}

// helps are the help texts that were asked for.
var helps = map[string]string{}

func checkTinynet(t *testing.T, tinynet, page, c string, words []string) {
	t.Helper()
	sub := words[0]
	if strings.ToUpper(sub) == sub { // COMMAND
		return
	}
	if helps[sub] == "" {
		out, err := exec.Command(tinynet, sub, "-h").CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), "Usage: tinynet "+sub) {
			t.Errorf("%s has %s, and tinynet has no command %s", page, c, sub)
			return
		}
		helps[sub] = string(out)
	}
	help := helps[sub]
	for i := 1; i < len(words); i++ {
		w := words[i]
		if w == "--" || w == "&&" || w == "|" || !strings.HasPrefix(w, "-") && (sub == "go" || sub == "tinygo" || sub == "run") {
			break // the rest is for another command
		}
		if !strings.HasPrefix(w, "-") || w == "-" {
			continue
		}
		name, _, given := strings.Cut(strings.TrimLeft(w, "-"), "=")
		m := regexp.MustCompile(`(?m)^  -` + regexp.QuoteMeta(name) + `( \S+)?$`).FindStringSubmatch(help)
		if m == nil {
			t.Errorf("%s has %s, and tinynet %s has no option -%s", page, c, sub, name)
			return
		}
		if m[1] != "" && !given {
			i++
		}
	}
	if sub == "go" && slices.Contains(words, "test") {
		checkTests(t, page, c, words[slices.Index(words, "test")+1:])
	}
}

// checkTests looks for the folders of packages, and for the tests that -run and
// -bench choose.
func checkTests(t *testing.T, page, c string, words []string) {
	t.Helper()
	match, dirs := "", []string(nil)
	for i, w := range words {
		if (w == "-run" || w == "-bench") && i+1 < len(words) && words[i+1] != "'^$'" {
			match, _, _ = strings.Cut(strings.Trim(words[i+1], "'"), "/")
		}
		if strings.HasPrefix(w, "./") && !strings.HasSuffix(w, "...") {
			dirs = append(dirs, filepath.Join("..", filepath.FromSlash(w)))
		}
	}
	for _, dir := range dirs {
		if _, err := os.Stat(dir); err != nil {
			t.Errorf("%s has %s: %v", page, c, err)
		}
	}
	if match == "" || len(dirs) == 0 {
		return
	}
	names := regexp.MustCompile(`(?m)^func ((?:Test|Benchmark|Fuzz)\w*)\(`)
	chosen := regexp.MustCompile(match)
	for _, dir := range dirs {
		files, _ := filepath.Glob(filepath.Join(dir, "*_test.go"))
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range names.FindAllStringSubmatch(string(text), -1) {
				if chosen.MatchString(m[1]) {
					return
				}
			}
		}
	}
	t.Errorf("%s has %s, and no test there is named so", page, c)
}
