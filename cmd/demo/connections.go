package main

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// connections knows which of a server's connections carry a request and which are open for nothing, as browsers and clients keep
// them. Server.Shutdown waits for the latter: five seconds for one that never carried anything, one for HTTP/2.
type connections struct {
	mu    sync.Mutex
	busy  map[net.Conn]bool
	quiet map[net.Conn]time.Time // when it fell silent; zero for one that never carried anything
}

// flushTime is how long after its last request an HTTP/2 connection may still be sending the answer: it counts as idle before.
const flushTime = 100 * time.Millisecond

func newConnections() *connections {
	return &connections{busy: map[net.Conn]bool{}, quiet: map[net.Conn]time.Time{}}
}

// track is http.Server.ConnState.
func (c *connections) track(connection net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.busy, connection)
	delete(c.quiet, connection)
	switch state {
	case http.StateNew:
		c.quiet[connection] = time.Time{}
	case http.StateActive:
		c.busy[connection] = true
	case http.StateIdle:
		c.quiet[connection] = time.Now()
	}
}

// anyBusy reports whether a request is under way.
func (c *connections) anyBusy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.busy) > 0
}

// closeQuiet closes the connections that are open for nothing.
func (c *connections) closeQuiet() {
	c.mu.Lock()
	var quiet []net.Conn
	for connection, since := range c.quiet {
		if time.Since(since) >= flushTime {
			quiet = append(quiet, connection)
		}
	}
	c.mu.Unlock() // Close may come back here by track
	for _, connection := range quiet {
		connection.Close()
	}
}
