package middleware_test

import (
	"net/http"
	"testing"

	"hubgate.example/middleware"
	"hubgate.example/openid/openidtest"
)

const stepUpToC1 = `{"access_token":{"acrs":{"essential":true,"value":"c1"}}}`

func TestRequireAuthContext(t *testing.T) {
	const (
		message = "The request was disallowed by Azure: it needs the authentication context 'c1', which the access token does not satisfy."
		again   = " Sign in again in a way that satisfies it."
		never   = " A service principal or managed identity cannot satisfy it."
	)
	s := newSite(t, nil)
	authenticated, authorized := s.gate.Authenticate(s.gate.RequireAuthContext("c1")(s)), s.gate.Handler(s.gate.RequireAuthContext("c1")(s))
	c1 := openidtest.With("acrs", []string{"p1", "c1"})
	tests := []struct {
		name    string
		handler http.Handler
		method  string
		path    string
		claims  []openidtest.Claim
		status  int
		message string
	}{
		{"user, c1", authorized, "PUT", webVM, []openidtest.Claim{openidtest.User(alice), c1}, 200, ""},
		{"user", authorized, "PUT", webVM, []openidtest.Claim{openidtest.User(alice)}, 403, message + again + byHand(stepUpToC1)},
		{"user, cp1", authorized, "PUT", webVM, []openidtest.Claim{openidtest.User(alice), cp1()}, 401, message + again},
		{"user, read", authorized, "GET", webVM, []openidtest.Claim{openidtest.User(alice), cp1()}, 401, message + again},
		{"user, MFA is another matter", authorized, "PUT", webVM, []openidtest.Claim{openidtest.User(alice), openidtest.MFA(), cp1()}, 401, message + again},
		{"a path of its own", authenticated, "POST", "/v1/payments", []openidtest.Claim{openidtest.User(mallory), cp1()}, 401, message + again},
		{"a path of its own, c1", authenticated, "POST", "/v1/payments", []openidtest.Claim{openidtest.User(mallory), c1}, 200, ""},
		{"guest, cp1", authorized, "PUT", webVM, []openidtest.Claim{openidtest.Guest(alice), cp1()}, 401, message + again},
		{"unknown, cp1", authorized, "PUT", webVM, append(unknown(alice), cp1()), 401, message + again},
		{"service principal", authorized, "PUT", webVM, []openidtest.Claim{openidtest.ServicePrincipal(alice)}, 403, message + never},
		{"service principal, cp1", authorized, "PUT", webVM, []openidtest.Claim{openidtest.ServicePrincipal(alice), cp1()}, 403, message + never},
		{"service principal, c1", authorized, "PUT", webVM, []openidtest.Claim{openidtest.ServicePrincipal(alice), c1}, 200, ""},
		{"managed identity, cp1", authorized, "PUT", webVM, []openidtest.Claim{openidtest.ManagedIdentity(alice, webVM), cp1()}, 403, message + never},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.log.take(t)
			answer := s.do(tt.handler, request(tt.method, tt.path, mint(s.issuer, tt.claims...)))
			if tt.status == 200 {
				answer.wantServed(t)
				return
			}
			answer.want(t, tt.status, "RequestDisallowedByAzure", tt.message)
			if tt.status == 401 {
				wantClaims(t, answer.header, authorizeEndpoint, stepUpToC1)
			} else if challenge := answer.header.Get("WWW-Authenticate"); challenge != "" {
				t.Errorf("a 403 with the challenge %s", challenge)
			}
			text, lines := s.log.take(t)
			if lines = refusals(lines); len(lines) != 1 || lines[0]["reason"] != "authentication context not satisfied" || lines[0]["detail"] != "c1" {
				t.Errorf("log is %s", text)
			}
		})
	}
}

// Whoever may not do it at all is told so first.
func TestRequireAuthContextAfterAuthorize(t *testing.T) {
	s := newSite(t, nil)
	answer := s.do(s.gate.Handler(s.gate.RequireAuthContext("c1")(s)), request("PUT", webVM, s.issuer.Token(openidtest.User(mallory), cp1())))
	if answer.status != 403 || answer.code != "AuthorizationFailed" {
		t.Errorf("answer is %d %s", answer.status, answer.body)
	}
}

// An AD FS knows no authentication contexts.
func TestRequireAuthContextOnADFS(t *testing.T) {
	issuer := openidtest.NewADFS(t)
	s := newSiteWith(t, issuer, nil)
	token := issuer.Token(openidtest.User("S-1-5-21-1004336348-1177238915-682003330-512"), cp1())
	answer := s.do(s.gate.Authenticate(s.gate.RequireAuthContext("c1")(s)), request("GET", "/v1/payments", token))
	answer.want(t, 403, "RequestDisallowedByAzure",
		"The request was disallowed by Azure: it needs the authentication context 'c1', which the access token does not satisfy. Sign in again in a way that satisfies it.")
}

func TestRequireAuthContextWithoutAuthenticate(t *testing.T) {
	s := newSite(t, nil)
	s.do(s.gate.RequireAuthContext("c1")(s), request("GET", webVM, s.issuer.Token(openidtest.User(alice)))).
		want(t, 500, "InternalServerError", "Encountered internal server error.")
}

func TestRequireAuthContextPanics(t *testing.T) {
	s := newSite(t, nil)
	for _, context := range []string{"", `c1"`, "c1 c2", "c1,c2", "c\u00e91", "c1c1c1c1c1c1c1c1c"} {
		if recovering(func() { s.gate.RequireAuthContext(context) }) == nil {
			t.Errorf("%q does not panic", context)
		}
	}
	var _ func(http.Handler) http.Handler = (*middleware.Gate)(nil).RequireAuthContext("c99")
}
