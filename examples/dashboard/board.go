package main

import (
	_ "embed"
	"errors"
	"html"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	kept       = 120 // values that a new viewer gets at once, of each sensor
	maxViewers = 4   // each has one of the device's few sockets for good
)

// A board measures, keeps the last values, and tells the viewers.
type board struct {
	sensors []sensor
	page    string

	mu      sync.Mutex
	total   uint64      // rounds measured: the last has this number
	values  [][]float64 // of round n, at n % kept
	news    chan struct{}
	viewers int
	closed  bool
}

func newBoard(sensors []sensor) *board {
	var sections strings.Builder
	for _, s := range sensors {
		sections.WriteString(`<section><h2>` + html.EscapeString(s.name) + `</h2><p><output></output> <small>` +
			html.EscapeString(s.unit) + `</small></p><svg viewBox="0 0 600 200" preserveAspectRatio="none" role="img" aria-label="` +
			html.EscapeString(s.name) + ` over time"><polyline points=""/></svg><p class="range"></p></section>` + "\n")
	}
	b := &board{
		sensors: sensors,
		page:    strings.Replace(template, "<!-- sensors -->", sections.String(), 1),
		values:  make([][]float64, kept),
		news:    make(chan struct{}),
	}
	for i := range b.values {
		b.values[i] = make([]float64, len(sensors))
	}
	return b
}

//go:embed page.html
var template string

// measure measures at each tick, for good.
func (b *board) measure(tick <-chan time.Time) {
	for range tick {
		b.round()
	}
}

func (b *board) round() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total++
	for i, s := range b.sensors {
		b.values[b.total%kept][i] = s.read()
	}
	b.tell()
}

// tell wakes the viewers that wait. The lock is held.
func (b *board) tell() {
	close(b.news)
	b.news = make(chan struct{})
}

// close ends all streams.
func (b *board) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.tell()
}

func (b *board) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:")
		w.Write([]byte(b.page))
	})
	mux.HandleFunc("GET /events", b.events)
	return mux
}

// events is a stream that ends when the viewer goes. Each event is a round, with
// its number for an id and its values for data; a viewer that comes back names
// the last one that it has.
func (b *board) events(w http.ResponseWriter, r *http.Request) {
	if !b.enter() {
		http.Error(w, "too many are watching", http.StatusServiceUnavailable)
		return
	}
	defer b.leave()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	rc := http.NewResponseController(w)
	rc.SetReadDeadline(time.Time{}) // the server's own would end the request while its answer goes on
	seen, _ := strconv.ParseUint(r.Header.Get("Last-Event-ID"), 10, 64)
	events := append(make([]byte, 0, 256), "retry: 2000\n\n"...)
	for {
		news, err := b.since(&events, &seen)
		if err != nil {
			return
		}
		// The server's own limit is for answers that end.
		rc.SetWriteDeadline(time.Now().Add(10 * time.Second))
		if _, err := w.Write(events); err != nil {
			return
		}
		if err := rc.Flush(); err != nil {
			return
		}
		events = events[:0]
		select {
		case <-news:
		case <-r.Context().Done():
			return
		}
	}
}

var errClosed = errors.New("closed")

// since appends what is newer than *seen, and returns what is closed when there
// is more.
func (b *board) since(events *[]byte, seen *uint64) (<-chan struct{}, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, errClosed
	}
	if *seen > b.total {
		*seen = 0 // the board was switched off and on meanwhile
	}
	if b.total > kept {
		*seen = max(*seen, b.total-kept)
	}
	e := *events
	for *seen < b.total {
		*seen++
		e = append(e, "id: "...)
		e = strconv.AppendUint(e, *seen, 10)
		e = append(e, "\ndata: "...)
		for i, v := range b.values[*seen%kept] {
			if i > 0 {
				e = append(e, ' ')
			}
			e = strconv.AppendFloat(e, v, 'f', 2, 64)
		}
		e = append(e, "\n\n"...)
	}
	*events = e
	return b.news, nil
}

func (b *board) enter() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.viewers >= maxViewers {
		return false
	}
	b.viewers++
	return true
}

func (b *board) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.viewers--
}
