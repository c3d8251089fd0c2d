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

// servers are the HTTPS server and, unless it is switched off, the plain one.
type servers struct {
	all         []*http.Server
	connections *connections
	failed      chan error // what ended a server
}

// startServers serves site on the listeners; plain may be nil.
func startServers(site http.Handler, certificate tls.Certificate, secure, plain net.Listener, log *slog.Logger) *servers {
	s := &servers{connections: newConnections(), failed: make(chan error, 2)}
	https := s.add(site, log)
	https.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	go func() { s.failed <- https.ServeTLS(secure, "", "") }()
	if plain != nil {
		local := s.add(loopbackOnly(site), log)
		go func() { s.failed <- local.Serve(plain) }()
	}
	return s
}

// add makes a server that bounds what a client may take: the gate's longest tokens fit, and nobody holds a connection open for
// nothing.
func (s *servers) add(handler http.Handler, log *slog.Logger) *http.Server {
	server := &http.Server{
		Handler:           withoutHSTS(handler),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    128 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
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
