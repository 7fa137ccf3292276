//go:build tinynet_port && go1.25

package interop_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// late is a connection that is back from its first writes when the handshake's time is
// up: the last of them ends the handshake.
type late struct {
	net.Conn
	until time.Time
}

func (c *late) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	time.Sleep(time.Until(c.until))
	return n, err
}

// TestHandshakeTimeout has handshakes end at the very time when they have to: with time
// that stands still meanwhile, the timer fires as the last call is back. Either of the
// two comes first, and a connection that is used is never closed by the other.
func TestHandshakeTimeout(t *testing.T) {
	config, err := side{Pair: "p256"}.config(certificates)
	if err != nil {
		t.Fatal(err)
	}
	outcomes := map[string]int{}
	for range 200 {
		synctest.Test(t, func(t *testing.T) {
			const allowed = time.Second
			transport := &http.Transport{
				TLSClientConfig:     &tls.Config{InsecureSkipVerify: true},
				TLSHandshakeTimeout: allowed,
				DialContext: func(context.Context, string, string) (net.Conn, error) {
					here, there := net.Pipe()
					go func() {
						c := tls.Server(there, config)
						defer c.Close()
						if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
							io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
						}
						io.Copy(io.Discard, there)
					}()
					return &late{here, time.Now().Add(allowed)}, nil
				},
			}
			resp, err := (&http.Client{Transport: transport}).Get("https://example.com/")
			outcome := "an answer"
			if err == nil {
				resp.Body.Close()
			} else {
				_, outcome, _ = strings.Cut(err.Error(), "\": ")
			}
			outcomes[outcome]++
			transport.CloseIdleConnections()
		})
	}
	for outcome, n := range outcomes {
		t.Logf("%d: %s", n, outcome)
		if outcome != "an answer" && !strings.Contains(outcome, "TLS handshake timeout") {
			t.Errorf("%d requests ended in an error that does not say that the time was up: %s", n, outcome)
		}
	}
}
