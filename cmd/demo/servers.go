package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// drainTime is how long requests may go on after the first Ctrl-C.
const drainTime = 10 * time.Second

// servers are the HTTPS server and, unless they are switched off, the administrator's and the plain one.
type servers struct {
	all         []*http.Server
	connections *connections
	failed      chan error // what ended a server
	log         *slog.Logger
}

func newServers(log *slog.Logger) *servers {
	return &servers{connections: newConnections(), failed: make(chan error, 3), log: log}
}

// start serves handler on listener by plain HTTP.
func (s *servers) start(handler http.Handler, listener net.Listener) {
	server := s.add(handler)
	go func() { s.failed <- server.Serve(listener) }()
}

// startTLS serves handler on listener by HTTPS.
func (s *servers) startTLS(handler http.Handler, certificate tls.Certificate, listener net.Listener) {
	server := s.add(handler)
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	go func() { s.failed <- server.ServeTLS(listener, "", "") }()
}

// add makes a server that bounds what a client may take: the gate's longest tokens fit, and nobody holds a connection open for
// nothing.
func (s *servers) add(handler http.Handler) *http.Server {
	server := &http.Server{
		Handler:           withoutHSTS(handler),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    128 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
		ConnState:         s.connections.track,
	}
	server.RegisterOnShutdown(s.connections.closeQuiet) // runs when nothing new is accepted any more
	s.all = append(s.all, server)
	return server
}

// busy reports whether requests are under way.
func (s *servers) busy() bool { return s.connections.anyBusy() }

// drain lets the requests under way end, and cuts off those that do not.
func (s *servers) drain() error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	errs := make([]error, len(s.all))
	var ending sync.WaitGroup
	for i, server := range s.all {
		ending.Go(func() {
			if err := server.Shutdown(ctx); err != nil {
				errs[i] = errors.Join(fmt.Errorf("requests were cut off: %w", err), server.Close())
			}
		})
	}
	ending.Wait()
	return errors.Join(errs...)
}
