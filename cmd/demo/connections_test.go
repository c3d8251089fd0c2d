package main

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/localca"
)

func TestConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			name   string
			states []http.ConnState
			quiet  time.Duration // since the last state
			busy   bool
			closed bool
		}{
			{"nothing came yet", []http.ConnState{http.StateNew}, 0, false, true},
			{"request under way", []http.ConnState{http.StateNew, http.StateActive}, time.Hour, true, false},
			{"idle", []http.ConnState{http.StateNew, http.StateActive, http.StateIdle}, flushTime, false, true},
			{"idle, its answer maybe under way", []http.ConnState{http.StateNew, http.StateActive, http.StateIdle}, flushTime - 1, false, false},
			{"second request", []http.ConnState{http.StateNew, http.StateActive, http.StateIdle, http.StateActive}, time.Hour, true, false},
			{"over", []http.ConnState{http.StateNew, http.StateActive, http.StateClosed}, time.Hour, false, false},
			{"handed over", []http.ConnState{http.StateNew, http.StateActive, http.StateHijacked}, time.Hour, false, false},
		} {
			c := newConnections()
			client, server := net.Pipe()
			for _, state := range test.states {
				c.track(server, state)
			}
			time.Sleep(test.quiet)
			if got := c.anyBusy(); got != test.busy {
				t.Errorf("%s: busy is %v", test.name, got)
			}
			c.closeQuiet()
			server.SetWriteDeadline(time.Now().Add(time.Second))
			if _, err := server.Write([]byte("x")); (err == io.ErrClosedPipe) != test.closed {
				t.Errorf("%s: closed is %v, %v", test.name, !test.closed, err)
			}
			client.Close()
			server.Close()
		}
	})
}

// Both HTTP/1.1 and HTTP/2 tell when a connection falls silent.
func TestSilentConnectionsAreKnown(t *testing.T) {
	dir, err := datadir.Create(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	ca, err := localca.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := ca.ServerCertificate()
	if err != nil {
		t.Fatal(err)
	}
	var listeners [2]net.Listener
	for i := range listeners {
		if listeners[i], err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
	}
	s := newServers(slog.New(slog.DiscardHandler))
	s.startTLS(http.NotFoundHandler(), certificate, listeners[0])
	s.start(http.NotFoundHandler(), listeners[1])
	t.Cleanup(func() { s.drain() })

	transport := newTransport(ca.Pool())
	transport.DisableKeepAlives, transport.ForceAttemptHTTP2 = false, true
	defer transport.CloseIdleConnections()
	for url, version := range map[string]string{
		"https://" + listeners[0].Addr().String(): "HTTP/2.0",
		"http://" + listeners[1].Addr().String():  "HTTP/1.1",
	} {
		response, err := (&http.Client{Transport: transport}).Get(url)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if response.Proto != version {
			t.Errorf("%s speaks %s, want %s", url, response.Proto, version)
		}
	}
	unused, err := net.Dial("tcp", listeners[1].Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer unused.Close()

	open := func() int {
		s.connections.mu.Lock()
		defer s.connections.mu.Unlock()
		return len(s.connections.quiet)
	}
	waitFor(t, "three silent connections", func() bool { return open() == 3 && !s.busy() })
	waitFor(t, "their end", func() bool {
		s.connections.closeQuiet()
		return open() == 0
	})
}
