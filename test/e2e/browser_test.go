//go:build unix

package e2e

import (
	"bytes"
	"flag"
	"os/exec"
	"testing"
)

var shots = flag.String("shots", "", "the `folder` to put pictures of the examples' pages into")

// TestBrowser looks at the examples' pages with headless Chromium, where there is one.
// The test itself is in a module of its own, in browser/.
func TestBrowser(t *testing.T) {
	t.Parallel()
	chromium := chromiumPath(t)
	if out, err := exec.Command("go", "list", "-C", "browser", ".").CombinedOutput(); bytes.Contains(out, []byte("go.mod requires go >=")) {
		t.Skipf("chromedp needs a newer Go than is here, and GOTOOLCHAIN forbids fetching it: %s", bytes.TrimSpace(out))
	} else if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	args := []string{"test", "-C", "test/e2e/browser", "-count=1", "-v", ".", "-args", "-chromium", chromium}
	for _, server := range []struct {
		flag, example string
		args          []string
	}{
		{"-url", "webserver", nil}, {"-site", "webstatic", nil}, {"-echo", "websocket/handler", nil}, {"-dashboard", "dashboard", []string{"-every", "50ms"}},
	} {
		// As other tests run them, so that they are compiled once.
		_, url := serve(t, tinynet(t), append([]string{"run", "./examples/" + server.example, "--", "-addr", "127.0.0.1:0"}, server.args...)...)
		args = append(args, server.flag, url)
	}
	if *shots != "" {
		args = append(args, "-shots", *shots)
	}
	p := launch(t, "go", args...)
	if status := p.wait(t, startLimit); status != 0 {
		t.Errorf("%s: status %d:\n%s", p.cmd, status, p.said())
	}
}

// chromiumPath is a Chromium, without which the test is skipped.
func chromiumPath(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no chromium, chromium-browser or google-chrome on PATH")
	return ""
}
