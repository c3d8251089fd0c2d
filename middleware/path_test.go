package middleware_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"hubgate.example/middleware"
	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// Row "path", on the wire: a path with two readings is 400 and reaches nobody, whoever asks.
func TestASVS_1_5_3_PathsWithTwoReadings(t *testing.T) {
	s := newSite(t, nil)
	server := s.serve(t)
	token := s.issuer.Token(openidtest.User(alice))
	send := func(path, token string) *answer {
		return server.raw(t, "GET", "GET "+path+" HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\nAuthorization: Bearer "+token+"\r\n\r\n")
	}
	for _, path := range []string{
		"//" + webVM[1:],
		webGroup + "//providers/Microsoft.Compute/virtualMachines/vm1",
		webVM + "//",
		webGroup + "/../web",
		webGroup + "/./providers/Microsoft.Compute/virtualMachines/vm1",
		webVM + "/..",
		webVM + "/%2e%2e",
		webVM + "/%2E",
		strings.Replace(webVM, "/vm1", "%2fvm1", 1),
		strings.Replace(webVM, "/vm1", "%2Fvm1", 1),
		strings.Replace(webVM, "/vm1", "/a%5cvm1", 1),
		strings.Replace(webVM, "/vm1", `/a\vm1`, 1),
		webVM + ";a=b",
		webVM + "%3ba=b",
		webVM + "%00",
		webVM + "%0a",
		webVM + "%7f",
		webVM + "%25",
		webVM + "%252e",
		webVM + "%ff",
	} {
		send(path, token).want(t, 400, "InvalidRequestUri", "The request URI is invalid.")
		// Without a good token nothing is learned about paths.
		send(path, "a.b.c").want(t, 401, "InvalidAuthenticationToken", invalidToken)
	}
}

// Row "path": the handler sees the one spelling that was decided on, and the request outside the gate stays as it is.
func TestPathIsRewritten(t *testing.T) {
	s := newSite(t, nil)
	token := s.issuer.Token(openidtest.User(alice))
	tests := []struct{ name, target, want string }{
		{"as it is", webVM, webVM},
		{"trailing slash", webVM + "/", webVM},
		{"escaped letter", webGroup + "%41", webGroup + "A"},
		{"escaped letter and trailing slash", webGroup + "%41/", webGroup + "A"},
		{"blank", webGroup + "%20b", webGroup + " b"},
		{"parentheses", webGroup + "(1)", webGroup + "(1)"},
		{"parentheses, one escaped", webGroup + "(1%29", webGroup + "(1)"},
		{"letter outside ASCII in lower-case escapes", webGroup + "%c3%a9", webGroup + "é"},
		{"query", webVM + "?api-version=2021-04-01&x=%2f..", webVM},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for name, handler := range map[string]http.Handler{"Handler": s.gate.Handler(s), "Authenticate": s.gate.Authenticate(s)} {
				r := request("GET", tt.target, token)
				before := *r.URL
				s.do(handler, r).wantServed(t)
				seen := s.last.Load().URL
				if seen.Path != tt.want || seen.RawPath != "" || seen.RawQuery != before.RawQuery {
					t.Errorf("%s: the handler sees Path %q, RawPath %q, RawQuery %q, want Path %q", name, seen.Path, seen.RawPath, seen.RawQuery, tt.want)
				}
				if *r.URL != before {
					t.Errorf("%s: the URL outside the gate became %+v", name, *r.URL)
				}
			}
		})
	}
}

// Row "path", without Authenticate on the way: Authorize does not rely on the path that it finds.
func TestAuthorizeCanonicalizesToo(t *testing.T) {
	s := newSite(t, nil)
	as := func(target string) *http.Request {
		r := request("GET", target, "")
		return r.WithContext(middleware.WithPrincipal(r.Context(), &openid.Principal{Tenant: tenant, ObjectID: alice}, nil))
	}
	for name, handler := range map[string]http.Handler{"Authorize": s.gate.Authorize(s), "List": s.gate.List(s)} {
		s.do(handler, as(webGroup+"%41/")).wantServed(t)
		if seen := s.last.Load().URL; seen.Path != webGroup+"A" || seen.RawPath != "" {
			t.Errorf("%s: the handler sees Path %q, RawPath %q", name, seen.Path, seen.RawPath)
		}
		s.do(handler, as(webGroup+"%2fx")).want(t, 400, "InvalidRequestUri", "The request URI is invalid.")
	}
}

// Row "path": method overrides are ignored, and so is a target that some other header names.
func TestOverridesAreIgnored(t *testing.T) {
	s := newSite(t, nil)
	handler := s.gate.Handler(s)
	r := request("DELETE", webVM+"?_method=GET", s.issuer.Token(openidtest.User(bob, readers)))
	for _, name := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		r.Header.Set(name, "GET")
	}
	if answer := s.do(handler, r); answer.status != 403 || answer.served {
		t.Errorf("an overridden DELETE: %d, served %v", answer.status, answer.served)
	}
	r = request("GET", "/subscriptions/"+subscription, s.issuer.Token(openidtest.User(bob, readers)))
	for _, name := range []string{"X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix"} {
		r.Header.Set(name, webVM)
	}
	if answer := s.do(handler, r); answer.status != 403 || answer.served {
		t.Errorf("a GET with another URL in a header: %d, served %v", answer.status, answer.served)
	}
}

// ASVS-1.5.3: wherever the gate stands, the name that a router hands to a handler is the name that was decided on, or the request
// is refused.
func TestASVS_1_5_3_RouterAndGateReadTheSamePath(t *testing.T) {
	s := newSite(t, nil)
	const pattern = "/subscriptions/{subscription}/resourceGroups/{group}"
	name := func(w http.ResponseWriter, r *http.Request) {
		s.ServeHTTP(httptest.NewRecorder(), r)
		io.WriteString(w, r.PathValue("group"))
	}
	before := chi.NewRouter()
	before.Use(s.gate.Authenticate)
	before.With(s.gate.Authorize).Get(pattern, name)

	whole := chi.NewRouter()
	whole.Use(s.gate.Handler)
	whole.Get(pattern, name)

	with := chi.NewRouter()
	with.With(s.gate.Authenticate, s.gate.Authorize).Get(pattern, name)

	group := chi.NewRouter()
	group.Group(func(r chi.Router) {
		r.Use(s.gate.Handler)
		r.Get(pattern, name)
	})

	route := chi.NewRouter()
	route.Route("/subscriptions/{subscription}", func(r chi.Router) {
		r.Use(s.gate.Authenticate)
		r.With(s.gate.Authorize).Get("/resourceGroups/{group}", name)
	})

	inMux := http.NewServeMux()
	inMux.Handle("GET "+pattern, s.gate.Handler(http.HandlerFunc(name)))

	beforeMux := http.NewServeMux()
	beforeMux.HandleFunc("GET "+pattern, name)

	aroundMux := http.NewServeMux()
	aroundMux.Handle("/", s.gate.Handler(beforeMux))

	token := s.issuer.Token(openidtest.User(alice))
	tests := []struct {
		group string // as written in the path
		want  string // as decided
		plain bool   // every router reads it as decided
	}{
		{"web", "web", true},
		{"web%20b", "web b", true},
		{"web(1)", "web(1)", true},
		{"grupp%C3%A9", "gruppé", true},
		{"%77eb", "web", false},
		{"web(1%29", "web(1)", false},
		{"grupp%c3%a9", "gruppé", false},
	}
	for _, router := range []struct {
		name    string
		handler http.Handler
		routed  bool // the gate stands behind a router that has cut the path into parts
	}{
		{"chi: Use on the router, With on the route", before, false},
		{"chi: Handler on the router", whole, false},
		{"chi: With on the route", with, true},
		{"chi: Group", group, true},
		{"chi: Use on a subrouter", route, true},
		{"ServeMux inside the gate", s.gate.Handler(beforeMux), false},
		{"ServeMux around the gate", aroundMux, false},
		{"ServeMux with the gate on the route", inMux, true},
	} {
		for _, tt := range tests {
			t.Run(router.name+"/"+tt.group, func(t *testing.T) {
				answer := s.do(router.handler, request("GET", "/subscriptions/"+subscription+"/resourceGroups/"+tt.group, token))
				if router.routed && !tt.plain {
					answer.want(t, 400, "InvalidRequestUri", "The request URI is invalid.")
					return
				}
				answer.wantServed(t)
				if answer.body != tt.want {
					t.Errorf("the handler is asked for %q, %q was decided on", answer.body, tt.want)
				}
			})
		}
	}
}
