//go:build js

// Fetch runs in a browser: what it asks for goes through the browser's fetch.
// Its report goes to /report, for the test that serves it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall/js"
	"time"
)

func main() {
	base := js.Global().Get("location").Get("origin").String()
	report := new(strings.Builder)
	for _, check := range []struct {
		name string
		run  func(base string) (string, error)
	}{{"redirect", redirect}, {"post", post}, {"cancel", cancel}, {"stream", stream}, {"loopback", loopback}} {
		got, err := check.run(base)
		if err != nil {
			got = "error: " + err.Error()
		}
		fmt.Fprintf(report, "%s: %s\n", check.name, got)
	}
	if resp, err := http.Post(base+"/report", "text/plain", strings.NewReader(report.String())); err == nil {
		resp.Body.Close()
	}
}

func text(resp *http.Response, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return fmt.Sprintf("%d %s", resp.StatusCode, body), err
}

func redirect(base string) (string, error) { return text(http.Get(base + "/old")) }

func post(base string) (string, error) {
	return text(http.Post(base+"/echo", "text/plain", strings.NewReader("a body")))
}

// cancel leaves a request that the server never answers.
func cancel(base string) (string, error) {
	ctx, stop := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, "GET", base+"/never", nil)
	if err != nil {
		return "", err
	}
	_, err = http.DefaultClient.Do(req)
	if errors.Is(err, context.DeadlineExceeded) {
		return "deadline exceeded", nil
	}
	return "", fmt.Errorf("not its deadline: %v", err)
}

// stream reads the first part of an answer and asks the server for the second
// only then.
func stream(base string) (string, error) {
	resp, err := http.Get(base + "/stream")
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	first := make([]byte, len("first"))
	if _, err := io.ReadFull(resp.Body, first); err != nil {
		return "", err
	}
	if _, err := text(http.Get(base + "/go-on")); err != nil {
		return "", err
	}
	rest, err := io.ReadAll(resp.Body)
	return string(first) + ", " + string(rest), err
}

// loopback has a server in memory.
func loopback(string) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "in memory") }))
	// A transport with a dialler of its own does not go through fetch.
	client := &http.Client{Transport: &http.Transport{DialContext: new(net.Dialer).DialContext}}
	return text(client.Get("http://" + l.Addr().String()))
}
