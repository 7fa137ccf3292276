// Package browser looks at the examples' pages with a real browser, headless
// Chromium. It is a module of its own because chromedp needs a newer
// Go than the rest. The test beside it (in ../) starts the server and runs it.
package browser

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

var (
	pageURL  = flag.String("url", "", "where the webserver example listens, such as http://127.0.0.1:8080")
	dashURL  = flag.String("dashboard", "", "where the dashboard example listens")
	echoURL  = flag.String("echo", "", "where the websocket/handler example listens")
	siteURL  = flag.String("site", "", "where the webstatic example listens")
	chromium = flag.String("chromium", "chromium", "the browser's program")
	shots    = flag.String("shots", "", "the `folder` to put pictures of the page into, failure or not")
)

// patience is for a machine that is busy with other tests.
const patience = 2 * time.Minute

// flags keep the browser to this machine, and to what it is asked for.
var flags = []chromedp.ExecAllocatorOption{
	chromedp.Headless,
	chromedp.NoSandbox,
	chromedp.DisableGPU,
	chromedp.NoFirstRun,
	chromedp.Flag("disable-quic", true),
	chromedp.Flag("disable-background-networking", true),
	chromedp.Flag("disable-component-update", true),
	chromedp.Flag("disable-sync", true),
	chromedp.Flag("disable-dev-shm-usage", true), // it is small in containers
}

// A tab is a page in the browser; its methods fail the test, with a picture.
type tab struct {
	*testing.T
	ctx context.Context
}

func (tab *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	tab.Helper()
	if err := chromedp.Do(tab.ctx, actions...); err != nil {
		tab.Fatal(err)
	}
}

// eval is the value of an expression in the page.
func eval[T any](tab *tab, expression string, options ...chromedp.EvaluateOption) T {
	tab.Helper()
	v, err := chromedp.Run(tab.ctx, chromedp.Evaluate[T](expression, options...))
	if err != nil {
		tab.Fatalf("%s: %v", expression, err)
	}
	return v
}

// leads does what leads to a new page, and waits until that is there.
func (tab *tab) leads(actions ...chromedp.Action[chromedp.Void]) {
	tab.Helper()
	resp, err := chromedp.RunResponse(tab.ctx, actions...)
	if err == nil && resp.Status != 200 {
		err = errors.New(resp.URL + ": " + strconv.FormatInt(resp.Status, 10) + " " + resp.StatusText)
	}
	if err != nil {
		tab.Fatal(err)
	}
}

func (tab *tab) text(selector string) string {
	tab.Helper()
	return eval[string](tab, `document.querySelector("`+selector+`").textContent`)
}

func (tab *tab) want(selector, text string) {
	tab.Helper()
	if got := tab.text(selector); got != text {
		tab.Errorf("%s shows %q, want %q", selector, got, text)
	}
}

func (tab *tab) number(selector string) int {
	tab.Helper()
	n, err := strconv.Atoi(tab.text(selector))
	if err != nil {
		tab.Errorf("%s: %v", selector, err)
	}
	return n
}

// press clicks the button of the form that posts to action.
func (tab *tab) press(action string) {
	tab.Helper()
	tab.leads(chromedp.Click(chromedp.CSS(`form[action="` + action + `"] button`)))
}

// picture puts a picture of the whole page into a folder.
func (tab *tab) picture(dir, name string) {
	file := filepath.Join(dir, name+".png")
	// The test's own time may be over, and be what it failed of.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tab.ctx), patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(file, png, 0o644)
	}
	if err != nil {
		tab.Logf("no picture: %v", err)
		return
	}
	tab.Logf("a picture of the page is in %s", file)
}

// open starts a browser with a tab that is at a page. At the end of the test,
// nothing that the browser has to say of the page may be left.
func open(t *testing.T, url string) *tab {
	t.Helper()
	if url == "" {
		t.Skip("no URL of a server: `go test ./test/e2e`, from the repository's root, starts them all")
	}
	options := append([]chromedp.ExecAllocatorOption{
		chromedp.ExecPath(*chromium), chromedp.UserDataDir(t.TempDir()),
	}, flags...)
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(closeTab)
	if err := chromedp.Do(ctx); err != nil { // the browser starts
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	t.Cleanup(cancel)

	tab := &tab{t, ctx}
	t.Cleanup(func() {
		if t.Failed() {
			dir, err := os.MkdirTemp("", "tinynet-page-")
			if err != nil {
				t.Error(err)
				return
			}
			tab.picture(dir, "failed")
		}
	})

	// What the browser has to say of the page: errors, blocked styles, ...
	var complaints []string
	heard := make(chan struct{})
	hearing, endHearing := context.WithCancel(ctx)
	t.Cleanup(func() {
		endHearing()
		<-heard
		if len(complaints) > 0 {
			t.Errorf("the browser complains:\n%s", strings.Join(complaints, "\n"))
		}
	})
	tab.do(
		chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			entries := cdp.Events(hearing, target, log.EntryAdded)
			go func() {
				defer close(heard)
				for e, err := range entries {
					if err != nil {
						return
					}
					complaints = append(complaints, e.Entry.Text)
				}
			}()
			_, err := cdp.Call(ctx, target, log.Enable, cdp.Empty{})
			return err
		}),
		chromedp.EmulateViewport(1280, 900),
	)
	tab.leads(chromedp.Navigate(url))
	return tab
}

// fits looks at the page on a phone and on a desk.
func (tab *tab) fits(name string) {
	tab.Helper()
	for _, size := range []struct {
		name          string
		width, height int64
	}{{"phone", 360, 740}, {"desktop", 1280, 900}} {
		tab.do(chromedp.EmulateViewport(size.width, size.height))
		if width := eval[int64](tab, `document.documentElement.scrollWidth`); width > size.width {
			tab.Errorf("on a %s, %d wide, the page is %d wide", size.name, size.width, width)
		}
		if *shots != "" {
			tab.picture(*shots, name+size.name)
		}
	}
}

// until waits for a condition in the page, which each change of it may make true.
func (tab *tab) until(condition string) {
	tab.Helper()
	met := eval[bool](tab, `new Promise(resolve => {
		const look = () => { if (`+condition+`) { observer.disconnect(); clearTimeout(limit); resolve(true); } };
		const observer = new MutationObserver(look);
		const limit = setTimeout(() => { observer.disconnect(); resolve(false); }, 60000);
		observer.observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
		look();
	})`, chromedp.EvalAwaitPromise)
	if !met {
		tab.Fatalf("it never came true: %s\nThe page shows:\n%s", condition, eval[string](tab, "document.body.innerText"))
	}
}

func TestDashboard(t *testing.T) {
	tab := open(t, *dashURL)
	tab.want("h1", "Dashboard")
	tab.until(`document.getElementById("state").textContent == "live"`)
	tab.until(`Number(document.body.dataset.last) > 5`)
	tab.want("h2", "Memory in use")
	// The line grows with each event, and its end is the value that is shown.
	// Both at once: another event may come at any time.
	both := eval[[]int](tab, `[Number(document.body.dataset.last), document.querySelector("polyline").points.numberOfItems]`)
	last, points := both[0], both[1]
	if points < 5 {
		t.Errorf("the line has %d points at event %d", points, last)
	}
	tab.until(`Number(document.body.dataset.last) >= ` + strconv.Itoa(last+10))
	if more := eval[int](tab, `document.querySelector("polyline").points.numberOfItems`); more < min(points+10, 120) {
		t.Errorf("ten events later the line has %d points, it had %d", more, points)
	}
	if v := eval[float64](tab, `Number(document.querySelector("output").textContent)`); v <= 0 || v > 1e6 {
		t.Errorf("the memory in use is shown as %v kB", v)
	}
	// The browser computes with float32.
	if box := eval[[]float64](tab, `(() => { const b = document.querySelector("polyline").getBBox(); return [b.x, b.y, b.x + b.width, b.y + b.height]; })()`); box[0] < 0 || box[1] < 0 || box[2] < 599.9 || box[2] > 600.1 || box[3] > 200 {
		t.Errorf("the line is at %v of 600 by 200", box)
	}
	if *shots != "" { // of a line that is as long as it gets, for the README
		tab.until(`document.querySelector("polyline").points.numberOfItems == 120`)
		tab.do(chromedp.EmulateViewport(960, 440))
		tab.picture(*shots, "dashboard-readme")
	}
	tab.fits("dashboard-")
}

func TestEcho(t *testing.T) {
	tab := open(t, *echoURL)
	tab.until(`document.getElementById("open") != null`)
	for i, text := range []string{"hello", `<b>"x"</b> & 日本`} {
		tab.do(
			chromedp.SendKeys(chromedp.CSS("input"), text),
			chromedp.Click(chromedp.CSS("button")),
		)
		tab.until(`document.querySelectorAll("li").length == ` + strconv.Itoa(i+1))
		tab.want("li:last-child", text)
	}
	tab.fits("echo-")
}

func TestSite(t *testing.T) {
	tab := open(t, *siteURL)
	tab.want("h1", "A small site")
	if width := eval[int](tab, `document.querySelector("img").naturalWidth`); width == 0 {
		t.Error("the picture is not shown")
	}
	if size := eval[string](tab, `getComputedStyle(document.body).margin`); size != "0px" {
		t.Errorf("the style does not count: the margin is %s", size)
	}
	tab.fits("site-")
	// Which browsers ask for beside a page that names no icon, as the text's.
	if status := eval[int](tab, `fetch("favicon.ico").then(r => r.status)`, chromedp.EvalAwaitPromise); status != 200 {
		t.Errorf("favicon.ico: status %d", status)
	}
	tab.leads(chromedp.Click(chromedp.CSS("a")))
	if text := eval[string](tab, `document.body.innerText`); !strings.Contains(text, "flash of a microcontroller") {
		t.Errorf("the link leads to:\n%s", text)
	}
}

func TestPage(t *testing.T) {
	tab := open(t, *pageURL)
	tab.want("h1", "tinynet")

	t.Log("the counter")
	count := tab.number("#count")
	for i := range 3 {
		tab.press("/count")
		tab.want("#count", strconv.Itoa(count+i+1))
	}
	tab.leads(chromedp.Reload()) // must not press again
	tab.want("#count", strconv.Itoa(count+3))

	t.Log("the LED")
	for _, step := range []struct{ press, state, next string }{{"Turn on", "on", "Turn off"}, {"Turn off", "off", "Turn on"}} {
		tab.want(`form[action='/led'] button`, step.press)
		tab.press("/led")
		tab.want("#state", step.state)
		tab.want(`form[action='/led'] button`, step.next)
		if lit := eval[bool](tab, `document.querySelector(".lit") != null`); lit != (step.state == "on") {
			t.Errorf("the LED is %s, and its picture is lit: %v", step.state, lit)
		}
	}

	t.Log("the form")
	name, text := "Grete <3", `<b>"Hello"</b> & 'good' evening, 日本`
	tab.do(
		chromedp.SendKeys(chromedp.CSS(`input[name="name"]`), name),
		chromedp.SendKeys(chromedp.CSS(`textarea[name="text"]`), text),
	)
	tab.press("/note")
	tab.want("#name", name)
	tab.want("#text", text)

	t.Log("the cookie")
	visits := tab.number("#visits")
	if visits < 2 {
		t.Errorf("after all this the page counts %d visits", visits)
	}
	tab.leads(chromedp.Navigate(*pageURL))
	tab.want("#visits", strconv.Itoa(visits+1))
	var cookies []*network.Cookie
	tab.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		result, err := cdp.Call(ctx, target, network.GetCookies, network.GetCookiesParams{})
		cookies = result.Cookies
		return err
	}))
	if len(cookies) != 1 || cookies[0].Name != "visits" || cookies[0].Value != strconv.Itoa(visits+1) || !cookies[0].HTTPOnly {
		t.Errorf("the browser has the cookies %+v, want visits=%d", cookies, visits+1)
	}

	t.Log("the layout")
	tab.fits("")
	if n := eval[int](tab, `[...document.querySelectorAll("input,textarea")].filter(e => !e.labels.length).length`); n > 0 {
		t.Errorf("%d fields have no label", n)
	}
}
