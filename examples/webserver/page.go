package main

import (
	"html"
	"io"
	"net/http"
	"runtime"
	"strconv"
)

// writePage writes the page piece by piece. The fixed pieces are constants,
// which a board reads from flash: the page is never put together in RAM.
func writePage(w http.ResponseWriter, count int, led bool, visits int, n note) {
	lamp, state, next, verb := "lamp", "off", "on", "Turn on"
	if led {
		lamp, state, next, verb = "lamp lit", "on", "off", "Turn off"
	}
	unit := " visits"
	if visits == 1 {
		unit = " visit"
	}
	last := `<p class="hint">Nobody has left one yet.</p>`
	if n != (note{}) {
		// Whatever a visitor wrote is text, never markup.
		last = `<figure><blockquote id="text">` + html.EscapeString(n.text) +
			`</blockquote><figcaption id="name">` + html.EscapeString(n.name) + `</figcaption></figure>`
	}
	parts := [...]string{
		pageHead,
		pageCounter, strconv.Itoa(count),
		pageLED1, lamp, pageLED2, state, pageLED3, ledHint, pageLED4, next, pageLED5, verb,
		pageCookie1, strconv.Itoa(visits), pageCookie2, unit,
		pageNote, last,
		pageForm, runtime.Compiler, ` `, runtime.Version(), ` for `, runtime.GOOS, `/`, runtime.GOARCH,
		pageEnd,
	}
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(size))
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	for _, p := range parts {
		if _, err := io.WriteString(w, p); err != nil {
			return // the visitor has gone
		}
	}
}

// The icon is in the page: a browser that asks for it would take one more of a
// board's few connections.
const pageHead = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>tinynet</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Ccircle cx='4' cy='4' r='4' fill='%23087e8b'/%3E%3C/svg%3E">
<style>
:root{--bg:#f2f5f6;--card:#fff;--ink:#16232a;--dim:#566872;--line:#d5dee2;--go:#08707c;--on-go:#fff;--lit:#f5b921}
@media(prefers-color-scheme:dark){:root{--bg:#10181c;--card:#19252b;--ink:#e6eef1;--dim:#9db0b9;--line:#2e3f48;--go:#4cc9d6;--on-go:#06252a}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
header,main,footer{max-width:60rem;margin:auto;padding:0 1rem}
header{padding-top:2.5rem}
h1{margin:0;font-size:2rem;letter-spacing:-.02em}
h2{margin:0;font-size:1rem}
form{margin-top:auto}
p,figure{margin:0}
main{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr));padding-block:1.5rem}
section{display:flex;flex-direction:column;gap:.75rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.25rem;scroll-margin:1rem}
.wide{grid-column:1/-1}
.big{font-size:2.5rem;line-height:1.2;font-weight:600;font-variant-numeric:tabular-nums;display:flex;align-items:center;gap:.75rem}
.big small{margin-left:-.25rem;font-size:1rem;font-weight:400;color:var(--dim)}
.hint,footer,header p{color:var(--dim);font-size:.9rem}
.lamp{width:2rem;height:2rem;border-radius:50%;background:var(--line);border:2px solid var(--dim)}
.lit{background:var(--lit);border-color:#b98200;box-shadow:0 0 1.25rem var(--lit)}
button,input,textarea{font:inherit;border-radius:.5rem;padding:.6rem .8rem}
button{border:0;background:var(--go);color:var(--on-go);font-weight:600;min-width:8rem;cursor:pointer}
button:hover{filter:brightness(1.1)}
:focus-visible{outline:3px solid var(--lit);outline-offset:2px}
label{display:block;font-weight:600;font-size:.9rem;margin-bottom:.75rem}
input,textarea{display:block;width:100%;margin-top:.25rem;border:1px solid var(--dim);background:var(--bg);color:inherit;resize:vertical}
figure{margin-bottom:.5rem;border-left:4px solid var(--go);padding-left:1rem}
blockquote{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
figcaption{color:var(--dim);font-size:.9rem;overflow-wrap:anywhere}
figcaption::before{content:"\2014\a0"}
footer{padding-bottom:2rem}
@media(max-width:36rem){button{width:100%}header{padding-top:1.5rem}}
</style>
<header>
<h1>tinynet</h1>
<p>A page from Go&rsquo;s own <code>net/http</code>.</p>
</header>
<main>
`

const pageCounter = `<section id="counter">
<h2>Counter</h2>
<p class="big"><output id="count">`

const pageLED1 = `</output></p>
<p class="hint">One for all visitors: each press counts, whoever&rsquo;s it is.</p>
<form method="post" action="/count"><button>Count up</button></form>
</section>
<section id="led">
<h2>LED</h2>
<p class="big"><span class="`

const pageLED2 = `"></span><output id="state">`

const pageLED3 = `</output></p>
<p class="hint">`

const pageLED4 = `</p>
<form method="post" action="/led"><button name="led" value="`

const pageLED5 = `">`

const pageCookie1 = `</button></form>
</section>
<section id="cookie">
<h2>Cookie</h2>
<p class="big"><output id="visits">`

const pageCookie2 = `</output><small>`

const pageNote = `</small></p>
<p class="hint">Counted by this browser alone, in a cookie named <code>visits</code>.</p>
</section>
<section id="note" class="wide">
<h2>Last note</h2>
`

const pageForm = `
<form method="post" action="/note">
<label>Your name <input name="name" maxlength="30" autocomplete="name" required></label>
<label>Your note <textarea name="text" rows="3" maxlength="200" required></textarea></label>
<button>Leave the note</button>
</form>
</section>
</main>
<footer><p>Built by `

const pageEnd = `</p></footer>
</html>
`
