package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// ask sends one request to a handler of s and returns the answer.
func ask(t *testing.T, s *site, method, target string, form url.Values, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	newServer(s).Handler.ServeHTTP(w, r)
	return w
}

func TestCounterIsSharedWithoutRaces(t *testing.T) {
	s := new(site)
	var wg sync.WaitGroup
	for i := 0; i < 50; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			ask(t, s, "POST", "/count", url.Values{})
			ask(t, s, "GET", "/", nil)
		}()
	}
	wg.Wait()
	if page := ask(t, s, "GET", "/", nil).Body.String(); !strings.Contains(page, `<output id="count">50</output>`) {
		t.Errorf("after 50 presses the page does not show 50:\n%s", page)
	}
}

func TestNoteIsTextNotMarkup(t *testing.T) {
	s := new(site)
	w := ask(t, s, "POST", "/note", url.Values{"name": {`<i>"Grete'`}, "text": {"</blockquote><script>alert(1)</script>&amp;"}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/#note" {
		t.Fatalf("posting a note: %d, Location %q", w.Code, w.Header().Get("Location"))
	}
	page := ask(t, s, "GET", "/", nil).Body.String()
	for _, want := range []string{
		`<blockquote id="text">&lt;/blockquote&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;</blockquote>`,
		`<figcaption id="name">&lt;i&gt;&#34;Grete&#39;</figcaption>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(page, "<script") {
		t.Error("the page has a script in it")
	}
}

func TestVisits(t *testing.T) {
	for _, test := range []struct{ sent, want string }{
		{"", "1"}, {"1", "2"}, {"41", "42"}, {"-7", "1"}, {"0", "1"}, {"many", "1"},
		{"999999999999999999999", "1"}, {"<b>", "1"},
	} {
		var header []string
		if test.sent != "" {
			header = []string{"Cookie", "visits=" + test.sent}
		}
		w := ask(t, new(site), "GET", "/", nil, header...)
		if got := w.Header().Get("Set-Cookie"); !strings.HasPrefix(got, "visits="+test.want+";") {
			t.Errorf("cookie visits=%s is answered by %q, want visits=%s", test.sent, got, test.want)
		}
		if !strings.Contains(w.Body.String(), `<output id="visits">`+test.want+`</output>`) {
			t.Errorf("cookie visits=%s: the page does not show %s", test.sent, test.want)
		}
	}
}

func TestRefusals(t *testing.T) {
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	for _, test := range []struct {
		name, method, target string
		form                 url.Values
		header               []string
		want                 int
	}{
		{"unknown page", "GET", "/nothing", nil, nil, http.StatusNotFound},
		{"a form's address opened", "GET", "/count", nil, nil, http.StatusMethodNotAllowed},
		{"neither on nor off", "POST", "/led", url.Values{"led": {"dim"}}, nil, http.StatusBadRequest},
		{"empty note", "POST", "/note", url.Values{"name": {"x"}}, nil, http.StatusBadRequest},
		{"broken escape", "POST", "/note?%zz", url.Values{}, form, http.StatusBadRequest},
		{"another site", "POST", "/count", url.Values{}, []string{"Origin", "http://evil.example"}, http.StatusForbidden},
		{"no site", "POST", "/count", url.Values{}, []string{"Origin", "null"}, http.StatusForbidden},
		{"this site", "POST", "/count", url.Values{}, []string{"Origin", "http://example.com"}, http.StatusSeeOther},
		{"this site behind a proxy", "POST", "/count", url.Values{}, []string{"Origin", "https://example.com"}, http.StatusSeeOther},
		{"too large", "POST", "/note", url.Values{"name": {"x"}, "text": {strings.Repeat("y", maxForm)}}, nil, http.StatusRequestEntityTooLarge},
	} {
		s := new(site)
		if w := ask(t, s, test.method, test.target, test.form, test.header...); w.Code != test.want {
			t.Errorf("%s: status %d, want %d", test.name, w.Code, test.want)
		} else if test.want >= 400 && (s.count != 0 || s.led || s.note != (note{})) {
			t.Errorf("%s: refused, but done: %+v", test.name, s)
		}
	}
}

// TestLongestNoteFits sends the longest note that the page lets a visitor type.
func TestLongestNoteFits(t *testing.T) {
	w := ask(t, new(site), "POST", "/note", url.Values{"name": {strings.Repeat("字", 30)}, "text": {strings.Repeat("字", 200)}})
	if w.Code != http.StatusSeeOther {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}
