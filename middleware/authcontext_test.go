package middleware_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"hubgate.example/middleware"
	"hubgate.example/middleware/mfaaudit"
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
	authenticated, authorized := "Authenticate, RequireAuthContext", "with Authorize"
	handlers := map[string][]http.Handler{
		authenticated: {s.gate.Authenticate(s.gate.RequireAuthContext("c1")(s))},
		authorized: {
			s.gate.Handler(s.gate.RequireAuthContext("c1")(s)),
			s.gate.Authenticate(s.gate.AuthorizeInAuthContext("c1")(s)),
		},
	}
	c1 := openidtest.With("acrs", []string{"p1", "c1"})
	tests := []struct {
		name    string
		handler string
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
			for _, handler := range handlers[tt.handler] {
				s.log.take(t)
				answer := s.do(handler, request(tt.method, tt.path, mint(s.issuer, tt.claims...)))
				if tt.status == 200 {
					answer.wantServed(t)
					continue
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
			}
		})
	}
}

// Whoever may not do it at all is told so first.
func TestAuthContextAfterAuthorize(t *testing.T) {
	s := newSite(t, nil)
	for _, handler := range []http.Handler{
		s.gate.Handler(s.gate.RequireAuthContext("c1")(s)),
		s.gate.Authenticate(s.gate.AuthorizeInAuthContext("c1")(s)),
	} {
		answer := s.do(handler, request("PUT", webVM, s.issuer.Token(openidtest.User(mallory), cp1())))
		if answer.status != 403 || answer.code != "AuthorizationFailed" {
			t.Errorf("answer is %d %s", answer.status, answer.body)
		}
	}
}

// One challenge suffices, whatever Config.MFA asks for elsewhere: a client steps up once for a call.
func TestAuthorizeInAuthContextWithMFA(t *testing.T) {
	issuer := entraV1(t)
	audit := newAudit(t, mfaaudit.Config{})
	acrs := func(contexts ...string) openidtest.Claim { return openidtest.With("acrs", contexts) }
	tests := []struct {
		name   string
		method string
		claims []openidtest.Claim
		status int
		mfa    any // in the log
	}{
		{"neither", "DELETE", []openidtest.Claim{openidtest.User(alice), cp1()}, 401, nil},
		{"neither, read", "GET", []openidtest.Claim{openidtest.User(alice), cp1()}, 401, nil},
		{"MFA alone", "DELETE", []openidtest.Claim{openidtest.User(alice), cp1(), openidtest.MFA()}, 401, nil},
		{"the context alone", "DELETE", []openidtest.Claim{openidtest.User(alice), cp1(), acrs("c1")}, 200, "satisfied"},
		{"the context alone, read", "GET", []openidtest.Claim{openidtest.User(alice), acrs("c1")}, 200, nil},
		{"another context", "DELETE", []openidtest.Claim{openidtest.User(alice), cp1(), acrs("c2", "p1")}, 401, nil},
		{"both", "DELETE", []openidtest.Claim{openidtest.User(alice), openidtest.MFA(), acrs("p1", "c1")}, 200, "satisfied"},
		{"unknown", "DELETE", append(unknown(alice), acrs("c1")), 200, "satisfied"},
		{"exempt from MFA", "DELETE", []openidtest.Claim{openidtest.User(alice), cp1(), openidtest.Application(mallory)}, 401, nil},
		{"workload", "DELETE", []openidtest.Claim{openidtest.ServicePrincipal(alice)}, 403, nil},
		{"workload in the context", "DELETE", []openidtest.Claim{openidtest.ServicePrincipal(alice), acrs("c1")}, 200, "exempt"},
	}
	for _, mode := range []middleware.MFAMode{middleware.MFAAudit, middleware.MFAEnforce} {
		s := newSiteWith(t, issuer, withMFA(middleware.MFAConfig{Mode: mode, Audit: audit, Exceptions: []middleware.MFAException{
			{Tenant: tenant, Application: mallory, Until: time.Now().Add(time.Hour)},
		}}))
		handler := s.gate.Authenticate(s.gate.AuthorizeInAuthContext("c1")(s))
		for _, tt := range tests {
			t.Run(string(mode)+"/"+tt.name, func(t *testing.T) {
				s.log.take(t)
				answer := s.do(handler, request(tt.method, webVM, mint(issuer, tt.claims...)))
				if answer.status != tt.status || answer.served != (tt.status == 200) {
					t.Errorf("answer is %d %s", answer.status, answer.body)
				}
				if tt.status == 401 {
					wantClaims(t, answer.header, authorizeEndpoint, stepUpToC1)
				}
				text, lines := s.log.take(t)
				if len(lines) != 1 || lines[0]["mfa"] != tt.mfa || lines[0]["scope"] != webVM {
					t.Errorf("log is %s", text)
				}
			})
		}
	}
	if n := calls(audit.Report()); n != 0 {
		t.Errorf("%d calls are listed that enforce does not refuse for want of MFA", n)
	}
}

func TestAuthContextWithoutAuthenticate(t *testing.T) {
	s := newSite(t, nil)
	for _, handler := range []http.Handler{s.gate.RequireAuthContext("c1")(s), s.gate.AuthorizeInAuthContext("c1")(s)} {
		s.do(handler, request("GET", webVM, s.issuer.Token(openidtest.User(alice)))).
			want(t, 500, "InternalServerError", "Encountered internal server error.")
	}
}

// What no token could ever satisfy fails when it is mounted, and says why.
func TestAuthContextPanics(t *testing.T) {
	entra := newSite(t, nil)
	adfs := newSiteWith(t, openidtest.NewADFS(t), nil)
	const (
		noID   = " is not an id such as c1"
		noADFS = ": https://adfs.local.azurestack.example/adfs is an AD FS, which knows no authentication contexts"
	)
	for _, tt := range []struct {
		site    *site
		context string
		want    string // how the panic's text ends; "" for none
	}{
		{entra, "c99", ""}, {entra, "", noID}, {entra, `c1"`, noID}, {entra, "c1 c2", noID}, {entra, "c1,c2", noID}, {entra, "c\u00e91", noID},
		{entra, "c1c1c1c1c1c1c1c1c", noID}, {adfs, "c1", noADFS}, {adfs, "c1 c2", noID},
	} {
		for name, method := range map[string]func(string) func(http.Handler) http.Handler{
			"RequireAuthContext": tt.site.gate.RequireAuthContext, "AuthorizeInAuthContext": tt.site.gate.AuthorizeInAuthContext,
		} {
			text, panicked := recovering(func() { method(tt.context) }).(string)
			if panicked != (tt.want != "") || panicked && (!strings.HasPrefix(text, "middleware: "+name+": ") || !strings.HasSuffix(text, tt.want)) {
				t.Errorf("%s(%q) panics with %q, want %q", name, tt.context, text, tt.want)
			}
		}
	}
}
