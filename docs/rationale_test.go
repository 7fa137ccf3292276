package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestRationale: what the code cites of docs/RATIONALE.md is a heading there.
func TestRationale(t *testing.T) {
	page, err := os.ReadFile("RATIONALE.md")
	if err != nil {
		t.Fatal(err)
	}
	headings := map[string]bool{}
	for _, h := range regexp.MustCompile(`(?m)^### (.*)$`).FindAllStringSubmatch(string(page), -1) {
		if headings[h[1]] {
			t.Errorf("docs/RATIONALE.md has two headings %q", h[1])
		}
		headings[h[1]] = true
	}
	// A comment may be broken anywhere.
	comment := regexp.MustCompile(`\n[\t ]*(?://|#) ?`)
	cite := regexp.MustCompile(`docs/RATIONALE\.md(?:, "([^"\n]*)")?`)
	out, err := exec.Command("git", "-C", "..", "ls-files", "-co", "--exclude-standard", "*.go", "*.toml", "Makefile").Output()
	if err != nil {
		t.Skipf("git lists no files: %v", err)
	}
	cited := map[string]bool{}
	for _, name := range strings.Fields(string(out)) {
		text, err := os.ReadFile(filepath.Join("..", name))
		if os.IsNotExist(err) || name == "docs/rationale_test.go" {
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		for _, m := range cite.FindAllStringSubmatch(comment.ReplaceAllString(string(text), " "), -1) {
			switch {
			case m[1] == "":
				t.Errorf("%s cites docs/RATIONALE.md without a heading; write docs/RATIONALE.md, \"HEADING\"", name)
			case !headings[m[1]]:
				t.Errorf("%s cites %q, which is no heading of docs/RATIONALE.md", name, m[1])
			default:
				cited[m[1]] = true
			}
		}
	}
	if len(cited) < 15 {
		t.Errorf("the code cites %d headings of docs/RATIONALE.md, want 15 or more", len(cited))
	}
}
