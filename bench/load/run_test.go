package load_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hubgate.example/bench/load"
)

func TestRun(t *testing.T) {
	for _, tc := range []struct {
		name                  string
		handler               http.HandlerFunc
		connections, requests int
		served                int64
		err                   string
	}{
		{name: "one", handler: func(http.ResponseWriter, *http.Request) {}, connections: 1, requests: 1, served: 1},
		{name: "uneven", handler: func(http.ResponseWriter, *http.Request) {}, connections: 3, requests: 100, served: 100},
		{
			name:        "refused",
			handler:     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
			connections: 1, requests: 10, served: 1, err: "401",
		},
		{
			name:        "body",
			handler:     func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("body")) },
			connections: 1, requests: 10, served: 1, err: "with a body",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var served atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				served.Add(1)
				tc.handler(w, r)
			}))
			defer server.Close()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			request := []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
			elapsed, err := load.Run(ctx, strings.TrimPrefix(server.URL, "http://"), request, tc.connections, tc.requests)
			switch {
			case tc.err == "" && (err != nil || elapsed <= 0):
				t.Errorf("got %v, %v", elapsed, err)
			case tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)):
				t.Errorf("got %v, want %q", err, tc.err)
			}
			if served.Load() != tc.served {
				t.Errorf("served %d, want %d", served.Load(), tc.served)
			}
		})
	}
}

func TestRun_WithoutDeadline(t *testing.T) {
	if _, err := load.Run(context.Background(), "127.0.0.1:1", nil, 1, 1); err == nil {
		t.Error("no error")
	}
}
