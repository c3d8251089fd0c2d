package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"hubgate.example/openid/openidtest"
)

// resourceManager is a router as one would be mounted behind the gate.
func resourceManager(s *site) chi.Router {
	r := chi.NewRouter()
	r.Use(s.gate.Authenticate, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			chi.RouteContext(r.Context()).RoutePath = strings.ToLower(r.URL.Path)
			next.ServeHTTP(w, r)
		})
	})
	r.With(s.gate.List).Get("/subscriptions", s.ServeHTTP)
	r.Route("/subscriptions/{subscription}", func(r chi.Router) {
		r.With(s.gate.Authorize).Get("/", s.ServeHTTP)
		r.With(s.gate.List).Get("/resourcegroups", s.ServeHTTP)
		r.Group(func(r chi.Router) {
			r.Use(s.gate.Authorize)
			r.Get("/resourcegroups/{group}", s.ServeHTTP)
			r.Put("/resourcegroups/{group}", s.ServeHTTP)
			r.Delete("/resourcegroups/{group}", s.ServeHTTP)
			r.Post("/resourcegroups/{group}/providers/{namespace}/{type}/{name}/{action}", s.ServeHTTP)
		})
	})
	return r
}

// unguarded walks a router's routes and returns those that answer a request without a token, or one whose principal has no
// role, with anything but a refusal; a list may answer the latter, for its handler filters.
func unguarded(t *testing.T, r chi.Router, s *site, mayList func(route string) bool) (open []string) {
	t.Helper()
	nobody := s.issuer.Token(openidtest.User(mallory))
	fill := strings.NewReplacer("{subscription}", subscription, "{group}", "web", "{namespace}", "Microsoft.Compute",
		"{type}", "virtualMachines", "{name}", "vm1", "{action}", "start")
	routes := 0
	err := chi.Walk(r, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		routes++
		path := fill.Replace(route)
		if status := s.do(r, request(method, path, "")).status; status != http.StatusUnauthorized {
			open = append(open, method+" "+route)
		} else if answer := s.do(r, request(method, path, nobody)); answer.status != http.StatusForbidden && !(answer.served && mayList(route)) {
			open = append(open, method+" "+route)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if routes == 0 {
		t.Fatal("the router has no routes")
	}
	return open
}

func TestEveryRouteIsGuarded(t *testing.T) {
	s := newSite(t, nil)
	mayList := func(route string) bool {
		return route == "/subscriptions" || strings.HasSuffix(route, "/resourcegroups")
	}
	if open := unguarded(t, resourceManager(s), s, mayList); len(open) != 0 {
		t.Errorf("these routes are open: %q", open)
	}

	// The walk finds what it is there to find.
	for _, tt := range []struct{ name, want string }{
		{"authenticated only", "GET /subscriptions/{subscription}/locations"},
		{"a list where none belongs", "GET /subscriptions/{subscription}/resources"},
	} {
		r := resourceManager(s)
		_, path, _ := strings.Cut(tt.want, " ")
		if tt.name == "authenticated only" {
			r.Get(path, s.ServeHTTP)
		} else {
			r.With(s.gate.List).Get(path, s.ServeHTTP)
		}
		if open := unguarded(t, r, s, mayList); len(open) != 1 || open[0] != tt.want {
			t.Errorf("%s: open routes are %q, want %q", tt.name, open, tt.want)
		}
	}
}

// Use runs before routing: an unknown path without a token is 401 and not 404, and a wrong method not 405.
func TestUnknownRoutesWithoutTokenAre401(t *testing.T) {
	s := newSite(t, nil)
	r := resourceManager(s)
	for _, tt := range []struct{ method, path string }{{"GET", "/nowhere"}, {"PATCH", "/subscriptions"}, {"OPTIONS", "/subscriptions"}} {
		s.do(r, httptest.NewRequest(tt.method, tt.path, nil)).want(t, 401, "AuthenticationFailed", missingHeader)
	}
}

// Resource Manager's clients write paths in any case. chi, told as the package documentation says, routes them all, through a
// nested router too, and the name keeps its case.
func TestChiRoutesInAnyCase(t *testing.T) {
	s := newSite(t, nil)
	r := resourceManager(s)
	token := s.issuer.Token(openidtest.User(alice))
	for _, path := range []string{webGroup, strings.ToLower(webGroup), strings.ToUpper(webGroup), webGroup + "/"} {
		s.do(r, request("GET", path, token)).wantServed(t)
		if got, want := s.last.Load().URL.Path, strings.TrimSuffix(path, "/"); got != want {
			t.Errorf("%s: the handler sees %s", path, got)
		}
		if answer := s.do(r, request("GET", path, s.issuer.Token(openidtest.User(mallory)))); answer.status != 403 {
			t.Errorf("%s: status %d without a role", path, answer.status)
		}
	}
}
