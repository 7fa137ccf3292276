package main

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// fixture is a dashboard whose one sensor counts.
func fixture(t *testing.T) (*board, string) {
	t.Helper()
	n := 0.0
	b := newBoard([]sensor{{`<Count> & "co"`, "°x", func() float64 { n++; return n }}})
	srv := httptest.NewUnstartedServer(b.handler())
	// Much shorter than the streams are watched for.
	srv.Config.ReadTimeout = 50 * time.Millisecond
	srv.Config.WriteTimeout = 50 * time.Millisecond
	srv.Start()
	t.Cleanup(srv.Close)
	t.Cleanup(b.close)
	return b, srv.URL
}

// A stream is what a viewer gets.
type stream struct {
	t    *testing.T
	resp *http.Response
	r    *bufio.Reader
}

func watch(t *testing.T, url, last string) *stream {
	t.Helper()
	r, err := http.NewRequest("GET", url+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return &stream{t, resp, bufio.NewReader(resp.Body)}
}

// next is the next event, without the empty line at its end.
func (s *stream) next() string {
	s.t.Helper()
	event := ""
	for {
		line, err := s.r.ReadString('\n')
		if err != nil {
			s.t.Fatalf("after %q: %v", event, err)
		}
		if line == "\n" {
			return strings.TrimSuffix(event, "\n")
		}
		event += line
	}
}

func (s *stream) want(events ...string) {
	s.t.Helper()
	for _, want := range events {
		if got := s.next(); got != want {
			s.t.Fatalf("got the event %q, want %q", got, want)
		}
	}
}

func TestEvents(t *testing.T) {
	b, url := fixture(t)
	b.round()
	first := watch(t, url, "")
	if ct := first.resp.Header.Get("Content-Type"); first.resp.StatusCode != 200 || ct != "text/event-stream" {
		t.Fatalf("%s, %s", first.resp.Status, ct)
	}
	first.want("retry: 2000", "id: 1\ndata: 1.00")
	b.round()
	first.want("id: 2\ndata: 2.00")

	watch(t, url, "1").want("retry: 2000", "id: 2\ndata: 2.00")        // back again
	watch(t, url, "77").want("retry: 2000", "id: 1\ndata: 1.00")       // the board has started anew
	watch(t, url, "nonsense").want("retry: 2000", "id: 1\ndata: 1.00") // no browser says that
	full := watch(t, url, "")                                          // the fifth
	if full.resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("one more than there is room for: %s", full.resp.Status)
	}
}

// TestPastLimits: the server's limits for requests and answers don't end a stream.
func TestPastLimits(t *testing.T) {
	b, url := fixture(t)
	s := watch(t, url, "")
	s.want("retry: 2000")
	for start := time.Now(); time.Since(start) < 150*time.Millisecond; {
		b.round()
		s.next()
	}
}

func TestLateViewer(t *testing.T) {
	b, url := fixture(t)
	for range kept + 5 {
		b.round()
	}
	s := watch(t, url, "3")
	s.want("retry: 2000", "id: 6\ndata: 6.00") // 4 and 5 are gone
	for range kept - 2 {
		s.next()
	}
	s.want("id: 125\ndata: 125.00")
	b.close()
	if rest, err := io.ReadAll(s.r); err != nil || len(rest) != 0 {
		t.Errorf("after close: %q, %v", rest, err)
	}
}

// TestLeaving: who goes makes room.
func TestLeaving(t *testing.T) {
	b, url := fixture(t)
	for range 3 * maxViewers {
		s := watch(t, url, "")
		if s.resp.StatusCode != http.StatusOK {
			t.Fatal(s.resp.Status)
		}
		s.resp.Body.Close()
		// The next may come once the server has noticed, of which a round is no sooner.
		for end := time.Now().Add(time.Minute); ; b.round() {
			b.mu.Lock()
			n := b.viewers
			b.mu.Unlock()
			if n == 0 {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("%d viewers are there still", n)
			}
		}
	}
}

func TestPageNamesSensors(t *testing.T) {
	_, url := fixture(t)
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if want := `<h2>&lt;Count&gt; &amp; &#34;co&#34;</h2><p><output></output> <small>°x</small>`; !strings.Contains(string(page), want) {
		t.Errorf("the page lacks %s:\n%s", want, page)
	}
}
