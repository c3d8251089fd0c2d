package middleware_test

import (
	"context"
	"io"
	"log"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"hubgate.example/middleware"
	"hubgate.example/openid/openidtest"
	"hubgate.example/rbac"
)

// Row "answers" and ASVS-16.5: a panic in validation is a 500 that served nothing, and the next request is answered.
func TestASVS_16_5_PanicInValidation(t *testing.T) {
	issuer := entraV1(t)
	token := issuer.Token(openidtest.User(alice))
	tests := []struct {
		name     string
		value    func() any
		validate string // where it happens
	}{
		{"text that quotes the token", func() any { return "cannot parse " + token }, "policy"},
		{"runtime error", func() any {
			var m map[string]int
			defer func() { recover() }()
			return recovering(func() { m["a"] = 1 })
		}, "policy"},
		{"ErrAbortHandler", func() any { return http.ErrAbortHandler }, "policy"},
		{"nil", func() any { return nil }, "policy"},
		{"owner of the subscription", func() any { return "owner" }, "tenantOf"},
		{"owner of the subscription, for a challenge", func() any { return "owner" }, "challenge"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			broken := false
			p := policy(t)
			s := newSiteWith(t, issuer, func(config *middleware.Config) {
				a, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{
					HomeTenant: tenant,
					TenantOf: func(id string) (string, bool) {
						if broken && tt.validate != "policy" {
							panic(tt.value())
						}
						return tenantOf(id)
					},
					Source: source(func(context.Context) (*rbac.Policy, error) {
						if broken && tt.validate == "policy" {
							panic(tt.value())
						}
						return p, nil
					}),
				})
				if err != nil {
					t.Fatal(err)
				}
				config.Authorizer = a
			})
			handler := s.gate.Handler(s)
			sent := token
			if tt.validate == "challenge" {
				sent = ""
			}

			broken = true
			s.do(handler, request("GET", webVM, sent)).want(t, 500, "InternalServerError", "Encountered internal server error.")
			text, lines := s.log.take(t)
			lines = refusals(lines)
			if len(lines) != 1 || lines[0]["reason"] != "panic in validation" || lines[0]["level"] != "ERROR" {
				t.Errorf("log is %s", text)
			}
			if detail, _ := lines[0]["detail"].(string); !strings.Contains(detail, "panic_test.go") {
				t.Errorf("the detail %q does not say where", detail)
			}
			if strings.Contains(text, token[:16]) {
				t.Error("the token is in the log")
			}

			broken = false
			s.do(handler, request("GET", webVM, token)).wantServed(t)
		})
	}
}

// recovering returns what f panics with.
func recovering(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

// A panic of the handler is the handler's: it reaches net/http as it is, and the gate writes no answer of its own.
func TestPanicInHandlerPassesThrough(t *testing.T) {
	s := newSite(t, nil)
	for _, want := range []any{http.ErrAbortHandler, "the handler's own"} {
		handler := s.gate.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(want) }))
		r := request("GET", webVM, s.issuer.Token(openidtest.User(alice)))
		if got := recovering(func() { s.do(handler, r) }); got != want {
			t.Errorf("the panic %v became %v", want, got)
		}
	}
	if _, lines := s.log.take(t); len(refusals(lines)) != 0 {
		t.Errorf("the gate logged %v", lines)
	}
}

// Over a real server an aborting handler cuts the connection, and the server lives.
func TestAbortingHandlerCutsTheConnection(t *testing.T) {
	issuer := entraV1(t)
	var abort atomic.Bool
	abort.Store(true)
	s := newSiteWith(t, issuer, nil)
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if abort.Load() {
			panic(http.ErrAbortHandler)
		}
		s.ServeHTTP(w, r)
	})
	server := &server{site: s, Server: newServer(t, s.gate.Handler(inner))}
	send := func() (*http.Response, error) {
		r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+webVM, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+issuer.Token(openidtest.User(alice)))
		return server.Client().Do(r)
	}
	if response, err := send(); err == nil {
		response.Body.Close()
		t.Errorf("an aborted answer has status %d", response.StatusCode)
	}
	abort.Store(false)
	response, err := send()
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, _ := io.ReadAll(response.Body); string(body) != "served" {
		t.Errorf("answer is %d %s", response.StatusCode, body)
	}
}

// quiet discards the errors that net/http's server logs.
func quiet(server *http.Server) { server.ErrorLog = log.New(io.Discard, "", 0) }
