package guess

import "testing"

func TestNearest(t *testing.T) {
	names := []string{"run", "go", "tinygo", "install", "uninstall", "pico", "pico2", "pico-w"}
	for _, test := range []struct{ word, want string }{
		{"rnu", "run"},
		{"RUN", "run"},
		{"instal", "install"},
		{"unistall", "uninstall"},
		{"pikko", "pico"},
		{"picow", "pico-w"},
		{"nonsense", ""},
		{"g", "go"},
		{"", ""},
		{"x", ""},
		{"uno", ""},
	} {
		if got := Nearest(test.word, names); got != test.want {
			t.Errorf("Nearest(%q): got %q, want %q", test.word, got, test.want)
		}
	}
	if got, want := DidYouMean("rnu", names), "; did you mean run?"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := DidYouMean("nonsense", names); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"ab", "ba", 1}, {"abc", "abc", 0},
		{"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"ca", "abc", 3},
	} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("distance(%q, %q): got %d, want %d", test.a, test.b, got, test.want)
		}
		if got := distance(test.b, test.a); got != test.want {
			t.Errorf("distance(%q, %q): got %d, want %d", test.b, test.a, got, test.want)
		}
	}
}
