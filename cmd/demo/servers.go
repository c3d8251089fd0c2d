package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// drainTime is how long requests may go on after the first Ctrl-C.
const drainTime = 10 * time.Second

// servers are the HTTPS server and, unless it is switched off, the plain one.
type servers struct {
	all    []*http.Server
	failed chan error // what ended a server
}

// startServers serves site on the listeners; plain may be nil.
func startServers(site http.Handler, certificate tls.Certificate, secure, plain net.Listener, log *slog.Logger) *servers {
	s := &servers{failed: make(chan error, 2)}
	https := newServer(site, log)
	https.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	s.all = append(s.all, https)
	go func() { s.failed <- https.ServeTLS(secure, "", "") }()
	if plain != nil {
		local := newServer(loopbackOnly(site), log)
		s.all = append(s.all, local)
		go func() { s.failed <- local.Serve(plain) }()
	}
	return s
}

// newServer bounds what a client may take: the gate's longest tokens fit, and nobody holds a connection open for nothing.
func newServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           withoutHSTS(handler),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    128 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// drain lets the requests under way end, and cuts off those that do not.
func (s *servers) drain() error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	var errs []error
	for _, server := range s.all {
		if err := server.Shutdown(ctx); err != nil {
			errs = append(errs, fmt.Errorf("requests were cut off: %w", err), server.Close())
		}
	}
	return errors.Join(errs...)
}
