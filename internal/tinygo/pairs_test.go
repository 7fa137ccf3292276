package tinygo

import "testing"

func TestFitOf(t *testing.T) {
	for _, c := range []struct {
		tinyGo, goVersion string
		want              Fit
		newest            string
	}{
		{"0.40.1", "go1.25.14", Tested, "1.25"},
		{"0.40.1", "go1.23.0", Tested, "1.25"},
		{"0.40.1", "1.26.11", Cannot, "1.25"},
		{"0.40.1", "go1.26rc1", Cannot, "1.25"},
		{"0.35.0", "go1.24.13", Cannot, "1.23"},
		{"0.41.0", "go1.26.8", Should, "1.26"},
		{"0.42.0", "go1.23.12", Cannot, "1.27"},
		{"0.43.0-dev-1a2b3c", "go1.27.4", Should, "1.27"},
		{"0.99.0", "go1.27.4", Unknown, ""},
	} {
		if got, _, newest := FitOf(c.tinyGo, c.goVersion); got != c.want || newest != c.newest {
			t.Errorf("TinyGo %s with %s: got %v, newest %q, want %v, %q", c.tinyGo, c.goVersion, got, newest, c.want, c.newest)
		}
	}
}

func TestBest(t *testing.T) {
	releases := []string{"1.23.12", "1.24.13", "1.25.14", "1.26.11", "1.27.4"}
	for _, c := range []struct{ oldest, newest, want string }{
		{"1.19", "1.25", "1.25.14"}, {"1.24", "1.27", "1.27.4"}, {"", "1.23", "1.23.12"}, {"1.28", "", ""}, {"", "1.22", ""},
	} {
		if got := Best(releases, c.oldest, c.newest); got != c.want {
			t.Errorf("from %q to %q: got %q, want %q", c.oldest, c.newest, got, c.want)
		}
	}
}

func TestTakenBy(t *testing.T) {
	for goVersion, want := range map[string]string{"1.25": "TinyGo 0.39 or newer", "go1.26.8": "TinyGo 0.41 or newer", "1.28": "", "1.23.12": "TinyGo 0.35 or newer"} {
		if got := TakenBy(goVersion); got != want {
			t.Errorf("Go %s: got %q, want %q", goVersion, got, want)
		}
	}
}
