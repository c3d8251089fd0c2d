package gate_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"hubgate.example/openid"
)

// discard is an answer that nobody reads.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

// serve measures a handler that lets requests through to reached, by which it is known to do so.
func serve(b *testing.B, reached *int, handler http.Handler, requests ...*http.Request) {
	w := discard{http.Header{}}
	for _, r := range requests { // and what is remembered is
		*reached = 0
		if handler.ServeHTTP(w, r); *reached != 1 {
			b.Fatal("refused")
		}
	}
	runtime.GC() // what making it ready has left
	b.ReportAllocs()
	for i := 0; b.Loop(); {
		handler.ServeHTTP(w, requests[i])
		if i++; i == len(requests) {
			i = 0
		}
	}
}

// BenchmarkGate has the gate of a site with 100,000 assignments beside an empty handler, and the limit.
func BenchmarkGate(b *testing.B) {
	site := newSite(b, 100_000)
	reached := 0
	empty := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ })
	warm, err := site.NewGate(0)
	if err != nil {
		b.Fatal(err)
	}
	cold, err := site.NewGate(openid.NoCache)
	if err != nil {
		b.Fatal(err)
	}
	for _, groups := range []int{5, 200} {
		r := newRequest(b, site, groups)
		limit, err := site.Limit(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("groups=%d/peer=limit", groups), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := limit(); err != nil {
					b.Fatal(err)
				}
			}
		})
		for _, bb := range []struct {
			name    string
			handler http.Handler
		}{
			{"none", empty},
			{"authenticate-warm", warm.Authenticate(empty)},
			{"gate-warm", warm.Handler(empty)},
			{"gate-cold", cold.Handler(empty)},
		} {
			b.Run(fmt.Sprintf("groups=%d/peer=%s", groups, bb.name), func(b *testing.B) { serve(b, &reached, bb.handler, r) })
		}
	}
}
