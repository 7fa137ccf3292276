package web

import (
	"context"
	"net/http"
	"time"
)

// NewServer returns a server that no slow or greedy visitor can hold up.
func NewServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       30 * time.Second,
		MaxHeaderBytes:    8 << 10,
	}
}

// Run lets a server serve until stopped, and then answer what was asked by then.
func Run(srv *http.Server, serve func() error, stopped <-chan struct{}) error {
	served := make(chan error, 1)
	go func() { served <- serve() }()
	select {
	case err := <-served:
		return err
	case <-stopped:
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if srv.Shutdown(ctx) != nil {
		return srv.Close() // somebody kept a request open: it has had its time
	}
	return nil
}
