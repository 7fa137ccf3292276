package devtest_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/netdev/devtest"
	"github.com/tinynet/tinynet/netdev/simdev"
)

var update = flag.Bool("update", false, "write the tables of docs/drivers.md anew")

// TestDocs holds the tables of docs/drivers.md against the rules.
func TestDocs(t *testing.T) {
	const name = "../../docs/drivers.md"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	var rules, profiles strings.Builder
	for _, r := range devtest.Rules {
		rules.WriteString("| `" + r.Name + "` | " + r.Text + " | " + r.Consequence + " |\n")
	}
	list := func(names string) string {
		if f := strings.Fields(names); len(f) > 0 {
			return "`" + strings.Join(f, "`, `") + "`"
		}
		return "none"
	}
	for _, p := range simdev.Profiles {
		// That an optional interface's rule is not judged says that it is not there.
		not := strings.Join(slices.DeleteFunc(strings.Fields(notJudged[p.Name]), func(n string) bool { return strings.HasPrefix(n, "opt-") }), " ")
		profiles.WriteString("| `" + p.Name + "` | " + list(broken[p.Name]) + " | " + list(not) + " |\n")
	}
	for _, table := range []struct{ head, rows string }{
		{"| rule | a driver | if not |\n|---|---|---|\n", rules.String()},
		{"| profile | breaks | gives no occasion to judge |\n|---|---|---|\n", profiles.String()},
	} {
		before, after, found := strings.Cut(page, table.head)
		if !found {
			t.Fatalf("docs/drivers.md has no table with the head\n%s", table.head)
		}
		old, rest, _ := strings.Cut(after, "\n\n")
		if old+"\n" == table.rows {
			continue
		}
		if !*update {
			t.Errorf("a table of docs/drivers.md is not up to date: go test ./netdev/devtest -run Docs -update")
		}
		page = before + table.head + table.rows + "\n" + rest
	}
	if *update {
		if err := os.WriteFile(name, []byte(page), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
