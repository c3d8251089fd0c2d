package gate_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	"hubgate.example/bench/gate"
	"hubgate.example/openid/openidtest"
)

func newSite(tb testing.TB, assignments int) *gate.Site {
	tb.Helper()
	site, err := gate.NewSite(assignments)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := site.Close(); err != nil {
			tb.Error(err)
		}
	})
	if site.Path == "" {
		tb.Fatal("the caller may read nothing")
	}
	return site
}

func newRequest(tb testing.TB, site *gate.Site, groups int) *http.Request {
	tb.Helper()
	token, err := site.Token(groups)
	if err != nil {
		tb.Fatal(err)
	}
	r, err := site.Request(token)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func TestPeers(t *testing.T) {
	site := newSite(t, 1_000)
	forgeries := maps.Collect(site.Forgeries(openidtest.User("3f0d8a52-7b1c-4e6f-9a2d-5c8e7f1b4d60")))
	for _, peer := range gate.Peers() {
		t.Run(peer.Name, func(t *testing.T) {
			wrap, err := peer.New(site)
			if err != nil {
				t.Fatal(err)
			}
			handler := wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
			status := func(r *http.Request) int {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				return w.Code
			}
			for _, groups := range []int{5, 200} {
				if got := status(newRequest(t, site, groups)); got != http.StatusNoContent {
					t.Errorf("%d groups: status %d", groups, got)
				}
			}
			refused := []string{"signed with another key", "alg none"}
			switch peer.Name {
			case gate.None:
				return
			case gate.SignatureAlone:
			default:
				refused = append(refused, "expired", "for another audience", "from another issuer")
			}
			for _, name := range refused {
				r := newRequest(t, site, 5)
				r.Header.Set("Authorization", "Bearer "+forgeries[name])
				if got := status(r); got != http.StatusUnauthorized {
					t.Errorf("%s: status %d", name, got)
				}
			}
		})
	}
}

// Hubgate's gate decides about access too.
func TestGate_Forbids(t *testing.T) {
	site := newSite(t, 1_000)
	guarded, err := site.NewGate(0)
	if err != nil {
		t.Fatal(err)
	}
	r := newRequest(t, site, 5)
	r.Method = http.MethodPut
	r.URL.Path = "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/others"
	w := httptest.NewRecorder()
	guarded.Handler(http.NotFoundHandler()).ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("status %d, want 403", w.Code)
	}
}
