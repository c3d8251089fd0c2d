package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"hubgate.example/middleware"
	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// The cost of the warm path beside an empty handler's: what Handler costs above Verify is the gate's own.
func BenchmarkGate(b *testing.B) {
	s := newSite(b, func(config *middleware.Config) { config.Logger = nil })
	empty := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	token := s.issuer.Token(openidtest.User(alice))
	verifier := s.issuer.Verifier()
	principal, err := verifier.Verify(b.Context(), token)
	if err != nil {
		b.Fatal(err)
	}
	authenticated := request("GET", webVM, "")
	authenticated = authenticated.WithContext(middleware.WithPrincipal(b.Context(), principal, nil))

	for _, bb := range []struct {
		name    string
		handler http.Handler
		r       *http.Request
		status  int
	}{
		{"EmptyHandler", empty, request("GET", webVM, token), 200},
		{"Handler", s.gate.Handler(empty), request("GET", webVM, token), 200},
		{"Authenticate", s.gate.Authenticate(empty), request("GET", webVM, token), 200},
		{"Authorize", s.gate.Authorize(empty), authenticated, 200},
		{"NoToken", s.gate.Handler(empty), request("GET", webVM, ""), 401},
	} {
		b.Run(bb.name, func(b *testing.B) {
			w := httptest.NewRecorder()
			bb.handler.ServeHTTP(w, bb.r)
			if w.Code != bb.status {
				b.Fatalf("status %d, want %d", w.Code, bb.status)
			}
			b.ReportAllocs()
			for b.Loop() {
				bb.handler.ServeHTTP(w, bb.r)
				if bb.status != 200 {
					w.Body.Reset()
				}
			}
		})
	}
	b.Run("Verify", func(b *testing.B) {
		var principal *openid.Principal
		b.ReportAllocs()
		for b.Loop() {
			principal, err = verifier.Verify(b.Context(), token)
		}
		if principal == nil || err != nil {
			b.Fatal(err)
		}
	})
}
