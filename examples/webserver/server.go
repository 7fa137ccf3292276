package main

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/tinynet/tinynet/examples/internal/web"
)

// maxForm is more than the page's longest form needs (200 characters of three
// bytes, each written as nine), and little enough for a board to hold.
const maxForm = 4 << 10

// A site is what the page shows and its forms change, shared by all visitors.
type site struct {
	mu    sync.Mutex
	count int
	led   bool
	note  note
}

// A note is what the form was last sent with.
type note struct {
	name, text string
}

// newServer returns a server that no slow or greedy visitor can hold up.
func newServer(s *site) *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("POST /count", form(s.postCount))
	mux.HandleFunc("POST /led", form(s.postLED))
	mux.HandleFunc("POST /note", form(s.postNote))
	return web.NewServer(mux)
}

// page answers GET / and counts, in a cookie, how often this browser has asked.
func (s *site) page(w http.ResponseWriter, r *http.Request) {
	visits := 1
	if c, err := r.Cookie("visits"); err == nil {
		// The browser may send anything; what is no sensible number starts over.
		if n, err := strconv.Atoi(c.Value); err == nil && 0 < n && n < 1e6 {
			visits = n + 1
		}
	}
	http.SetCookie(w, &http.Cookie{
		Name:     "visits",
		Value:    strconv.Itoa(visits),
		Path:     "/",
		MaxAge:   365 * 24 * 60 * 60,
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	})
	s.mu.Lock()
	count, led, note := s.count, s.led, s.note
	s.mu.Unlock()
	writePage(w, count, led, visits, note)
}

func (s *site) postCount(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.count++
	s.mu.Unlock()
	seeOther(w, "/#counter")
}

// postLED switches to the state that the form names, rather than to the other
// one, so that two visitors who press at once get what both were shown.
func (s *site) postLED(w http.ResponseWriter, r *http.Request) {
	on := r.PostForm.Get("led")
	if on != "on" && on != "off" {
		http.Error(w, "led must be on or off", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.led = on == "on"
	setLED(s.led) // under the lock: the lamp and the page always agree
	s.mu.Unlock()
	seeOther(w, "/#led")
}

func (s *site) postNote(w http.ResponseWriter, r *http.Request) {
	n := note{r.PostForm.Get("name"), r.PostForm.Get("text")}
	if n.name == "" || n.text == "" {
		http.Error(w, "a note needs a name and a text", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.note = n
	s.mu.Unlock()
	seeOther(w, "/#note")
}

// form wraps the handler of a form: it takes only what this page's own forms
// may send, and parses it.
func form(handle http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		// Else any page of the web could press our buttons from a visitor's browser.
		origin := r.Header.Get("Origin")
		if _, host, _ := strings.Cut(origin, "://"); origin != "" && host != r.Host {
			http.Error(w, "this form was sent from another site", http.StatusForbidden)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			var large *http.MaxBytesError
			if errors.As(err, &large) {
				http.Error(w, "the form is too large", http.StatusRequestEntityTooLarge)
			} else {
				http.Error(w, "the form cannot be read", http.StatusBadRequest)
			}
			return
		}
		handle(w, r)
	}
}

// seeOther sends the browser back to the page by GET, so that reloading it
// does not send the form again.
func seeOther(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}
