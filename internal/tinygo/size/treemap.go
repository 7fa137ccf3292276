package size

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"html"
	"io"
	"slices"
	"strings"
)

// A rect is a part of a drawing.
type rect struct{ x, y, w, h float64 }

// squarify divides a rectangle among sizes, which are given largest first, so
// that the parts are as near to squares as rows of them can be: Bruls, Huizing
// and van Wijk, "Squarified Treemaps" (2000).
func squarify(sizes []int, r rect) []rect {
	total := 0
	for _, s := range sizes {
		total += s
	}
	out := make([]rect, 0, len(sizes))
	if total == 0 {
		return append(out, make([]rect, len(sizes))...)
	}
	scale := r.w * r.h / float64(total) // area of a unit
	for len(sizes) > 0 {
		side := min(r.w, r.h)
		// As many go into the row along the shorter side as make it better.
		n, area := 1, float64(sizes[0])*scale
		for n < len(sizes) {
			more := area + float64(sizes[n])*scale
			if worst(sizes[:n+1], more, side, scale) > worst(sizes[:n], area, side, scale) {
				break
			}
			n, area = n+1, more
		}
		depth := 0.0
		if side > 0 {
			depth = area / side
		}
		at := 0.0
		for _, s := range sizes[:n] {
			length := 0.0
			if depth > 0 {
				length = float64(s) * scale / depth
			}
			if r.w >= r.h {
				out = append(out, rect{r.x, r.y + at, depth, length})
			} else {
				out = append(out, rect{r.x + at, r.y, length, depth})
			}
			at += length
		}
		if r.w >= r.h {
			r.x, r.w = r.x+depth, max(r.w-depth, 0)
		} else {
			r.y, r.h = r.y+depth, max(r.h-depth, 0)
		}
		sizes = sizes[n:]
	}
	return out
}

// worst is the largest ratio of the sides of those in a row of this area.
func worst(row []int, area, side, scale float64) float64 {
	largest, smallest := float64(row[0])*scale, float64(row[len(row)-1])*scale
	if smallest <= 0 || area <= 0 || side <= 0 {
		return 1e300
	}
	return max(side*side*largest/(area*area), area*area/(side*side*smallest))
}

// A group of packages, in one of the two kinds of memory.
type group struct {
	name     string
	size     int
	packages []Package
	sizes    []int
}

func groups(p *Program, size func(Package) int) []*group {
	byName := map[string]*group{}
	var all []*group
	for _, k := range p.Packages {
		if size(k) <= 0 {
			continue
		}
		name := Group(k.Name)
		g := byName[name]
		if g == nil {
			g = &group{name: name}
			byName[name] = g
			all = append(all, g)
		}
		g.size += size(k)
		g.packages = append(g.packages, k)
	}
	for _, g := range all {
		slices.SortStableFunc(g.packages, func(a, b Package) int { return size(b) - size(a) })
		for _, k := range g.packages {
			g.sizes = append(g.sizes, size(k))
		}
	}
	slices.SortFunc(all, func(a, b *group) int { return cmp.Or(b.size-a.size, strings.Compare(a.name, b.name)) })
	return all
}

const (
	mapWidth, mapHeight = 1200, 640
	titleHeight         = 18 // of a group
	letter              = 7  // the width of one, nearly
)

// HTML writes programs as treemaps, of flash and of RAM, in one file that needs
// no other, no script and no network.
func HTML(w io.Writer, programs []*Program) error {
	var b strings.Builder
	b.WriteString(htmlHead)
	for _, p := range programs {
		title := p.Name + ", " + p.Target
		if p.Tags != "" {
			title += ", -tags=" + p.Tags
		}
		fmt.Fprintf(&b, "<section>\n<h2>%s</h2>\n", html.EscapeString(title))
		if p.Budget != nil {
			class := ""
			if p.Budget.Over(p) {
				class = ` class="over"`
			}
			fmt.Fprintf(&b, "<p%s>Budget: %s bytes of flash, %s of RAM: %s.</p>\n", class, digits(p.Budget.Flash), digits(p.Budget.RAM), html.EscapeString(p.Budget.Verdict(p)))
		}
		for _, kind := range []struct {
			name  string
			total int
			size  func(Package) int
		}{
			{"Flash", p.Flash, func(k Package) int { return k.Flash }},
			{"Static RAM", p.RAM, func(k Package) int { return k.RAM }},
		} {
			fmt.Fprintf(&b, "<h3>%s: %s bytes</h3>\n", kind.name, digits(kind.total))
			drawMap(&b, groups(p, kind.size), kind.name+" of "+title, kind.total)
		}
		if len(p.Variants) > 0 {
			b.WriteString("<table><tr><th>built with<th>flash<th>RAM<th></tr>\n")
			for _, v := range p.Variants {
				class, flash, ram := "", digits(v.Flash), digits(v.RAM)
				if v.Error != "" {
					class, flash, ram = ` class="over"`, "", ""
				}
				fmt.Fprintf(&b, "<tr%s><td><code>%s</code> %s<td>%s<td>%s<td>%s</tr>\n", class, html.EscapeString(v.How), html.EscapeString(v.What), flash, ram, html.EscapeString(v.saves(p)))
			}
			b.WriteString("</table>\n")
		}
		b.WriteString("<details><summary>As a table</summary><table><tr><th>package<th>flash<th>RAM</tr>\n")
		for _, k := range p.Packages {
			fmt.Fprintf(&b, "<tr><td>%s<td>%s<td>%s</tr>\n", html.EscapeString(k.Name), digits(k.Flash), digits(k.RAM))
		}
		b.WriteString("</table></details>\n</section>\n")
	}
	b.WriteString("</html>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// SVG writes the flash of a program as a treemap, as a picture by itself.
func SVG(w io.Writer, p *Program) error {
	var b strings.Builder
	drawMap(&b, groups(p, func(k Package) int { return k.Flash }), "Flash of "+p.Name+", "+p.Target, p.Flash)
	drawing := strings.Replace(b.String(), "<svg ", `<svg xmlns="http://www.w3.org/2000/svg" `, 1)
	style := "<style>" + strings.Join(drawingStyle, "") + "</style>\n"
	head, body, _ := strings.Cut(drawing, "\n")
	_, err := io.WriteString(w, head+"\n"+style+body)
	return err
}

func drawMap(b *strings.Builder, all []*group, label string, total int) {
	fmt.Fprintf(b, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s by package">`+"\n", mapWidth, mapHeight, html.EscapeString(label))
	sizes := make([]int, len(all))
	for i, g := range all {
		sizes[i] = g.size
	}
	for i, r := range squarify(sizes, rect{0, 0, mapWidth, mapHeight}) {
		g := all[i]
		hue := hueOf(g.name)
		fmt.Fprintf(b, `<g><title>%s: %s bytes, %.1f %%</title><rect %s fill="hsl(%d 40%% 35%%)"/>`, html.EscapeString(g.name), digits(g.size), percent(g.size, total), at(r), hue)
		inner := r
		if r.h > 3*titleHeight && r.w > 40 {
			fmt.Fprintf(b, `<text class="g" x="%.1f" y="%.1f">%s</text>`, r.x+4, r.y+13, html.EscapeString(fit(g.name+" "+digits(g.size), r.w-8)))
			inner = rect{r.x + 1, r.y + titleHeight, r.w - 2, r.h - titleHeight - 1}
		}
		b.WriteString("</g>\n")
		for j, q := range squarify(g.sizes, inner) {
			k := g.packages[j]
			// The larger of a group are the stronger in colour.
			light := 58 + 24*j/max(len(g.packages), 1)
			fmt.Fprintf(b, `<g><title>%s: %s bytes, %.1f %%</title><rect class="p" %s fill="hsl(%d 45%% %d%%)"/>`, html.EscapeString(k.Name), digits(g.sizes[j]), percent(g.sizes[j], total), at(q), hue, light)
			if q.h > 14 && q.w > 30 {
				fmt.Fprintf(b, `<text x="%.1f" y="%.1f">%s</text>`, q.x+3, q.y+13, html.EscapeString(fit(k.Name, q.w-6)))
				if q.h > 30 {
					fmt.Fprintf(b, `<text x="%.1f" y="%.1f">%s</text>`, q.x+3, q.y+27, html.EscapeString(fit(digits(g.sizes[j]), q.w-6)))
				}
			}
			b.WriteString("</g>\n")
		}
	}
	b.WriteString("</svg>\n")
}

func at(r rect) string {
	return fmt.Sprintf(`x="%.1f" y="%.1f" width="%.1f" height="%.1f"`, r.x, r.y, r.w, r.h)
}

func percent(n, of int) float64 { return 100 * float64(n) / float64(max(of, 1)) }

// fit shortens a text to what a width holds: the end of a path says the most.
func fit(s string, width float64) string {
	n := int(width / letter)
	if len(s) <= n {
		return s
	}
	if n < 3 {
		return ""
	}
	return "…" + s[len(s)-n+1:]
}

// hueOf is the colour of a group, the same in each drawing.
func hueOf(name string) int {
	h := fnv.New32a()
	io.WriteString(h, name)
	return int(h.Sum32() % 360)
}

// drawingStyle is the style of what is in a drawing.
var drawingStyle = []string{
	"text{font:12px ui-monospace,monospace;fill:#111;pointer-events:none}",
	"text.g{fill:#fff;font-weight:bold}",
	"rect.p{stroke:#fff;stroke-width:.75}",
}

var htmlHead = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>What takes the flash and the RAM</title>
<link rel="icon" href="data:,">
<style>
body{font:15px/1.5 system-ui,sans-serif;max-width:78rem;margin:auto;padding:1rem}
h2{margin-top:2.5rem}
h3{margin:1.25rem 0 .25rem}
svg{display:block;width:100%;height:auto}
` + strings.Join(drawingStyle, "\n") + `
g:hover rect.p{stroke:#000;stroke-width:2}
table{border-collapse:collapse;margin:.75rem 0}
td,th{padding:.1rem .75rem .1rem 0;text-align:left;font-variant-numeric:tabular-nums}
.over{color:#c62828;font-weight:bold}
</style>
<h1>What takes the flash and the RAM</h1>
<p>Each area is a package, as large as what it has in the program. Point at one for its name and its bytes.</p>
`
