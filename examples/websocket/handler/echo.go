package main

import (
	_ "embed"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/websocket"
)

const (
	maxMessage = 4 << 10         // what a board can hold
	maxSockets = 5               // and how many: each is one of the few of the device
	idle       = 5 * time.Minute // how long a visitor may say nothing
)

//go:embed page.html
var page string

func newHandler() http.Handler {
	var open atomic.Int32
	echoes := websocket.Server{Handshake: sameSite, Handler: echo}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /echo", func(w http.ResponseWriter, r *http.Request) {
		defer open.Add(-1)
		if open.Add(1) > maxSockets {
			http.Error(w, "too many are connected", http.StatusServiceUnavailable)
			return
		}
		echoes.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:")
		w.Write([]byte(page))
	})
	return mux
}

// sameSite refuses the pages of other sites: a browser would let them in. Who
// sends no Origin is no browser.
func sameSite(config *websocket.Config, r *http.Request) error {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return nil
	}
	if _, host, _ := strings.Cut(origin, "://"); !strings.EqualFold(host, r.Host) {
		return errors.New("a page of another site")
	}
	return nil
}

// echo sends back each message, text as text and bytes as bytes.
func echo(ws *websocket.Conn) {
	defer ws.Close()
	ws.MaxPayloadBytes = maxMessage
	for {
		var m message
		ws.SetDeadline(time.Now().Add(idle))
		if err := either.Receive(ws, &m); err != nil {
			return // done, or gone, or too much
		}
		if err := either.Send(ws, &m); err != nil {
			return
		}
	}
}

// A message is what came, and as what.
type message struct {
	data []byte
	kind byte // websocket.TextFrame or BinaryFrame
}

// either is a codec that keeps the kind, which websocket.Message tells by the
// type of its argument.
var either = websocket.Codec{
	Marshal: func(v any) ([]byte, byte, error) {
		m := v.(*message)
		return m.data, m.kind, nil
	},
	Unmarshal: func(data []byte, kind byte, v any) error {
		*v.(*message) = message{data, kind}
		return nil
	},
}
