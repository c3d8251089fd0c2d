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

// manyPaths are more than the gate remembers, and as many as there are spellings of the word subscriptions.
const manyPaths = 8_192

// spellings are requests that name the machine of r in as many ways, by capitals and small letters.
func spellings(r *http.Request, n int) []*http.Request {
	var requests []*http.Request
	for i := range n {
		path := []byte(r.URL.Path)
		for at, bits := len("/"), i; bits != 0; at, bits = at+1, bits/2 {
			if c := path[at] | 0x20; bits&1 != 0 && 'a' <= c && c <= 'z' {
				path[at] ^= 0x20
			}
		}
		another := r.Clone(r.Context())
		another.Header = r.Header
		another.URL.Path = string(path)
		requests = append(requests, another)
	}
	return requests
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
		b.Run(fmt.Sprintf("groups=%d/peer=gate-warm-new-paths", groups), func(b *testing.B) {
			serve(b, &reached, warm.Handler(empty), spellings(r, manyPaths)...)
		})
	}
}
