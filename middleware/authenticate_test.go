package middleware_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hubgate.example/middleware"
	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

const (
	missingHeader = "Authentication failed. The 'Authorization' header is missing."
	missingToken  = "Authentication failed. The 'Authorization' header is missing the access token."
	invalidHeader = "Authentication failed. The 'Authorization' header is provided in an invalid format."
	invalidToken  = "The access token is invalid."
	noIdentity    = "The received access token is not valid: at least one of the claims 'puid' or 'altsecid' or 'oid' should be present. " +
		"If you are accessing as application please make sure service principal is properly created in the tenant."
)

// Row "Authorization header", on the wire: what net/http's server makes of a header is part of the answer.
func TestRFC6750_01_AuthorizationHeader(t *testing.T) {
	s := newSite(t, nil)
	server := s.serve(t)
	token := s.issuer.Token(openidtest.User(alice))
	tests := []struct {
		name, header  string
		status        int
		code, message string
	}{
		{"one token", "Authorization: Bearer " + token, 200, "", ""},
		{"scheme in lower case", "Authorization: bearer " + token, 200, "", ""},
		{"scheme in upper case", "Authorization: BEARER " + token, 200, "", ""},
		{"header name in any case", "aUTHORIZATION: Bearer " + token, 200, "", ""},
		{"several blanks", "Authorization: Bearer    " + token, 200, "", ""},
		{"blanks around the value", "Authorization:   Bearer " + token + "  ", 200, "", ""},
		{"absent", "Accept: */*", 401, "AuthenticationFailed", missingHeader},
		{"empty", "Authorization:", 401, "AuthenticationFailedMissingToken", missingToken},
		{"scheme only", "Authorization: Bearer", 401, "AuthenticationFailedMissingToken", missingToken},
		{"empty token", "Authorization: Bearer   ", 401, "AuthenticationFailedMissingToken", missingToken},
		{"two headers", "Authorization: Bearer " + token + "\r\nAuthorization: Bearer " + token, 401, "AuthenticationFailedInvalidHeader", invalidHeader},
		{"a good header and an empty one", "Authorization: Bearer " + token + "\r\nAuthorization:", 401, "AuthenticationFailedInvalidHeader", invalidHeader},
		{"two schemes", "Authorization: Basic YTpi\r\nAuthorization: Bearer " + token, 401, "AuthenticationFailedInvalidHeader", invalidHeader},
		{"two credentials in one header", "Authorization: Bearer " + token + ", Basic YTpi", 401, "AuthenticationFailedInvalidHeader", invalidHeader},
		{"other scheme", "Authorization: Basic YTpi", 401, "AuthenticationFailedInvalidHeader", invalidHeader},
		{"other scheme with the token", "Authorization: PoP " + token, 401, "AuthenticationFailedInvalidHeader", invalidHeader},
		{"no scheme", "Authorization: " + token, 401, "AuthenticationFailedInvalidHeader", invalidHeader},
		{"folded onto a second line", "Authorization: Bearer " + token[:20] + "\r\n " + token[20:], 401, "AuthenticationFailedInvalidHeader", invalidHeader},
		{"tab", "Authorization: Bearer\t" + token, 401, "AuthenticationFailedInvalidHeader", invalidHeader},
		{"Latin-1", "Authorization: Bearer " + token + "\xe9", 401, "AuthenticationFailedInvalidHeader", invalidHeader},
		{"no-break space", "Authorization: Bearer\u00a0" + token, 401, "AuthenticationFailedInvalidHeader", invalidHeader},
		{"quotes", `Authorization: Bearer "` + token + `"`, 401, "AuthenticationFailedInvalidHeader", invalidHeader},
		{"underscore look-alike", "Authorization_: Bearer " + token, 401, "AuthenticationFailed", missingHeader},
		{"proxy's header", "Proxy-Authorization: Bearer " + token, 401, "AuthenticationFailed", missingHeader},
		{"forwarded header", "X-Forwarded-Authorization: Bearer " + token, 401, "AuthenticationFailed", missingHeader},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer := server.raw(t, "GET", "GET "+webVM+" HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\n"+tt.header+"\r\n\r\n")
			if tt.status == http.StatusOK {
				answer.wantServed(t)
				return
			}
			answer.want(t, tt.status, tt.code, tt.message)
		})
	}
}

// Row "Authorization header": never from query, body or cookie.
func TestRFC6750_02_TokenElsewhereIsIgnored(t *testing.T) {
	s := newSite(t, nil)
	handler := s.gate.Handler(s)
	token := s.issuer.Token(openidtest.User(alice))

	query := request("GET", webVM+"?access_token="+token+"&Authorization=Bearer%20"+token, "")
	form := httptest.NewRequest("POST", webVM+"/start", strings.NewReader("access_token="+token))
	form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	cookie := request("GET", webVM, "")
	cookie.AddCookie(&http.Cookie{Name: "access_token", Value: token})
	cookie.AddCookie(&http.Cookie{Name: "Authorization", Value: "Bearer " + token})
	for name, r := range map[string]*http.Request{"query": query, "form body": form, "cookie": cookie} {
		t.Run(name, func(t *testing.T) {
			s.do(handler, r).want(t, 401, "AuthenticationFailed", missingHeader)
		})
	}

	t.Run("a token elsewhere does not replace or spoil the header's", func(t *testing.T) {
		s.do(handler, request("GET", webVM+"?access_token="+s.issuer.Token(openidtest.User(mallory)), token)).wantServed(t)
		if principal, _ := middleware.PrincipalFrom(s.last.Load().Context()); principal.ObjectID != alice {
			t.Errorf("the principal is %s, want %s", principal.ObjectID, alice)
		}
	})
}

func TestRFC6750_03_TwoCredentials(t *testing.T) {
	s := newSite(t, nil)
	good, other := s.issuer.Token(openidtest.User(alice)), s.issuer.Token(openidtest.User(bob))
	for _, values := range [][]string{
		{"Bearer " + good, "Bearer " + other},
		{"Bearer " + good, "Bearer " + good},
		{"Bearer " + good, "Basic YTpi"},
		{"Bearer " + good, ""},
		{"Bearer " + good + ",Bearer " + other},
		{"Bearer " + good + " " + other},
	} {
		r := request("GET", webVM, "")
		r.Header["Authorization"] = values
		s.do(s.gate.Handler(s), r).want(t, 401, "AuthenticationFailedInvalidHeader", invalidHeader)
	}
}

// Rows "Authorization header" and "answers" for tokens that do not verify. RFC6750-04: every 401 carries one challenge.
// RFC6750-05: Resource Manager's own challenge has an error also when no token came. RFC9068-06: error="invalid_token".
func TestRFC6750_04_ChallengeOfEvery401(t *testing.T) {
	// The clock of the example in Resource Manager's documentation.
	now := time.Date(2017, 8, 17, 22, 55, 43, 0, time.UTC)
	issuer := openidtest.NewFor(t, openidtest.Config{Type: openid.EntraV1, Tenant: tenant, Now: func() time.Time { return now }})
	stranger := openidtest.NewFor(t, openidtest.Config{
		Type: openid.EntraV1, Tenant: tenant, BaseURL: "https://login.stranger.example",
		Audience: issuer.Audience(), Now: func() time.Time { return now },
	})
	s := newSiteWith(t, issuer, func(config *middleware.Config) {
		config.Verifier = verifier(t, openid.VerifierConfig{
			Providers: []*openid.Provider{issuer.Provider()},
			Audiences: []string{issuer.Audience(), "https://management.second.example/"},
			Leeway:    openid.NoLeeway,
			Now:       func() time.Time { return now },
		})
	})
	handler := s.gate.Handler(s)
	user := openidtest.User(alice)

	tests := []struct {
		name, token   string
		code, message string
	}{
		{"no token", "", "AuthenticationFailed", missingHeader},
		{"no token at all", "x", "InvalidAuthenticationToken", invalidToken},
		{"characters of b64token that no JWT has", "a~b+c/d==", "InvalidAuthenticationToken", invalidToken},
		{"longer than 64 KiB", strings.Repeat("a", 64<<10+1), "InvalidAuthenticationToken", invalidToken},
		{"expired", issuer.Token(user, openidtest.Expires(now.Add(-62*time.Second)), openidtest.With("iat", now.Unix()-3600)), "ExpiredAuthenticationToken",
			"The access token expiry UTC time '8/17/2017 10:54:41 PM' is earlier than current UTC time '8/17/2017 10:55:43 PM'."},
		{"not yet valid", issuer.Token(user, openidtest.NotBefore(now.Add(time.Minute))), "InvalidAuthenticationToken", invalidToken},
		{"other audience", issuer.Token(user, openidtest.Audience("https://graph.example/")), "InvalidAuthenticationTokenAudience",
			"The access token has been obtained for wrong audience or resource 'https://graph.example/'. It should exactly match with one of the " +
				"allowed audiences '" + issuer.Audience() + "','https://management.second.example/'."},
		{"audience with quotes, markup and a line break", issuer.Token(user, openidtest.Audience("'\"<b>\r\n")), "InvalidAuthenticationTokenAudience",
			`The access token has been obtained for wrong audience or resource '\'\"<b>\r\n'. It should exactly match with one of the ` +
				"allowed audiences '" + issuer.Audience() + "','https://management.second.example/'."},
		{"long audience", issuer.Token(user, openidtest.Audience(strings.Repeat("a", 5000))), "InvalidAuthenticationTokenAudience",
			"The access token has been obtained for wrong audience or resource '" + strings.Repeat("a", 256) + "...'. It should exactly match with one of the " +
				"allowed audiences '" + issuer.Audience() + "','https://management.second.example/'."},
		{"no object id", issuer.Token(user, openidtest.Without("oid")), "InvalidAuthenticationToken", noIdentity},
		{"zero object id", issuer.Token(user, openidtest.With("oid", "00000000-0000-0000-0000-000000000000")), "InvalidAuthenticationToken", noIdentity},
		{"another tenant's issuer", issuer.Token(user, openidtest.Tenant(foreignTenant)), "InvalidAuthenticationToken", invalidToken},
		{"unknown issuer", stranger.Token(user), "InvalidAuthenticationToken", invalidToken},

		// Before the signature has verified, a refusal is specific about nothing.
		{"forged and expired", forged(stranger, issuer, user, openidtest.Expires(now.Add(-time.Hour))), "InvalidAuthenticationToken", invalidToken},
		{"forged with another audience", forged(stranger, issuer, user, openidtest.Audience("https://graph.example/")), "InvalidAuthenticationToken", invalidToken},
		{"forged without an object id", forged(stranger, issuer, user, openidtest.Without("oid")), "InvalidAuthenticationToken", invalidToken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer := s.do(handler, request("GET", "/subscriptions", tt.token))
			answer.want(t, 401, tt.code, tt.message)
			wantChallenge(t, answer, "https://login.entra.example/"+tenant)
			wantNothingOf(t, answer, tt.token)
		})
	}
}

// forged returns a token that claims to be issuer's, is signed by signer, and names issuer's key.
func forged(signer, issuer *openidtest.Issuer, who openidtest.Claim, more ...openidtest.Claim) string {
	return signer.Token(who, append([]openidtest.Claim{
		openidtest.With("iss", issuer.AccessTokenIssuer()),
		openidtest.Header("kid", issuer.KeyID()),
		openidtest.Header("x5t", issuer.KeyID()),
	}, more...)...)
}

// wantNothingOf checks that no part of a token is in an answer (RFC 9700 section 4.9.3).
func wantNothingOf(t *testing.T, a *answer, token string) {
	t.Helper()
	if len(token) < 16 {
		return
	}
	everything := a.body
	for name, values := range a.header {
		everything += name + strings.Join(values, " ")
	}
	for segment := range strings.SplitSeq(token, ".") {
		if len(segment) >= 16 && strings.Contains(everything, segment[:16]) {
			t.Errorf("a part of the token is in the answer: %s", everything)
		}
	}
}

// Every forgery that openidtest knows is a 401 with one challenge, and reaches nobody.
func TestRFC6750_06_ForgeriesAre401(t *testing.T) {
	for _, issuer := range []*openidtest.Issuer{openidtest.NewEntraV1(t, tenant), openidtest.NewEntra(t, tenant), openidtest.NewADFS(t)} {
		oid := alice
		if issuer.Type() == openid.ADFS {
			oid = "S-1-5-21-1004336348-1177238915-682003330-512"
		}
		s := newSiteWith(t, issuer, nil)
		handler := s.gate.Handler(s)
		for name, token := range issuer.Forgeries(openidtest.User(oid)) {
			t.Run(string(issuer.Type())+"/"+name, func(t *testing.T) {
				answer := s.do(handler, request("GET", webVM, token))
				if answer.status != 401 || answer.served {
					t.Errorf("answer is %d %s, served %v", answer.status, answer.body, answer.served)
				}
				if got := answer.header.Values("WWW-Authenticate"); len(got) != 1 || !challengeForm.MatchString(got[0]) {
					t.Errorf("challenges %q", got)
				}
				wantNothingOf(t, answer, token)
			})
		}
	}
}

// RFC6750-06: a malformed header is 401 in Resource Manager's words, an invalid token 401, missing privilege 403.
func TestRFC6750_06_Statuses(t *testing.T) {
	s := newSite(t, nil)
	handler := s.gate.Handler(s)
	basic := request("GET", webVM, "")
	basic.SetBasicAuth("a", "b")
	for _, tt := range []struct {
		name   string
		r      *http.Request
		status int
		code   string
	}{
		{"malformed", basic, 401, "AuthenticationFailedInvalidHeader"},
		{"invalid", request("GET", webVM, "a.b.c"), 401, "InvalidAuthenticationToken"},
		{"no privilege", request("GET", webVM, s.issuer.Token(openidtest.User(mallory))), 403, "AuthorizationFailed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer := s.do(handler, tt.r)
			if answer.status != tt.status || answer.code != tt.code {
				t.Errorf("answer is %d %s, want %d %s", answer.status, answer.code, tt.status, tt.code)
			}
			if got, want := len(answer.header.Values("WWW-Authenticate")), 1; tt.status != 401 && got != 0 || tt.status == 401 && got != want {
				t.Errorf("%d challenges with status %d", got, tt.status)
			}
		})
	}
}

// RFC6750-07: whatever bytes stand in header and claims, the challenge keeps its form and nothing is reflected in it.
func TestRFC6750_07_NothingReflected(t *testing.T) {
	s := newSite(t, nil)
	handler := s.gate.Handler(s)
	const evil = "evil\"\\\r\nSet-Cookie: a=b<script>\u202e\u00e9"
	tokens := map[string]string{
		"kid":             s.issuer.Token(openidtest.User(alice), openidtest.Header("kid", evil)),
		"alg":             s.issuer.Token(openidtest.User(alice), openidtest.Header("alg", evil)),
		"iss":             s.issuer.Token(openidtest.User(alice), openidtest.With("iss", evil)),
		"verified aud":    s.issuer.Token(openidtest.User(alice), openidtest.Audience(evil)),
		"verified upn":    s.issuer.Token(openidtest.User(mallory), openidtest.With("upn", evil)),
		"verified tid":    s.issuer.Token(openidtest.User(alice), openidtest.With("tid", evil)),
		"verified app id": s.issuer.Token(openidtest.ServicePrincipal(mallory), openidtest.Application(evil)),
	}
	for name, token := range tokens {
		t.Run(name, func(t *testing.T) {
			answer := s.do(handler, request("GET", webVM, token))
			if answer.served || answer.status < 400 {
				t.Fatalf("answer is %d", answer.status)
			}
			if answer.status == 401 {
				wantChallenge(t, answer, "https://login.entra.example/"+tenant)
			}
			for header, values := range answer.header {
				if text := strings.Join(values, ""); strings.Contains(text, "evil") || strings.ContainsAny(text, "\r\n") {
					t.Errorf("%s: %q holds what the token says", header, values)
				}
			}
			if strings.ContainsAny(answer.message, "\r\n\u202e") {
				t.Errorf("the message %q holds control characters", answer.message)
			}
			if !strings.HasPrefix(name, "verified") && strings.Contains(answer.body, "evil") {
				t.Errorf("the body %s holds what an unverified token says", answer.body)
			}
		})
	}
}

// Row "answers": 503 with Retry-After while a provider has never been ready, for any token that could be its own; never a 401.
func TestASVS_16_5_2_ProviderDown(t *testing.T) {
	issuer := entraV1(t)
	issuer.Down()
	s := newSiteWith(t, issuer, nil)
	handler := s.gate.Handler(s)
	token := issuer.Token(openidtest.User(alice))

	answer := s.do(handler, request("GET", webVM, token))
	answer.want(t, 503, "ServiceUnavailable", "The identity provider cannot be reached to validate the access token. Please try again later.")
	if got := answer.header.Get("Retry-After"); !regexp.MustCompile(`^[1-9][0-9]?$`).MatchString(got) {
		t.Errorf("Retry-After is %q, want whole seconds from 1 to 60 or so", got)
	}
	if got := answer.header.Values("WWW-Authenticate"); len(got) != 0 {
		t.Errorf("a 503 has the challenge %q", got)
	}
	// What is wrong without looking at a key is still the caller's fault.
	s.do(handler, request("GET", webVM, "")).want(t, 401, "AuthenticationFailed", missingHeader)
	s.do(handler, request("GET", webVM, "a.b.c")).want(t, 401, "InvalidAuthenticationToken", invalidToken)
}

// Row "Authorization header": removed before the handler unless asked to keep it. The sender's own request is not changed.
func TestAuthorizationIsRemovedBeforeTheHandler(t *testing.T) {
	issuer := entraV1(t)
	for _, keep := range []bool{false, true} {
		s := newSiteWith(t, issuer, func(config *middleware.Config) { config.KeepAuthorization = keep })
		r := request("GET", webVM, s.issuer.Token(openidtest.User(alice)))
		value := r.Header.Get("Authorization")
		s.do(s.gate.Handler(s), r).wantServed(t)
		if got := s.last.Load().Header.Get("Authorization"); (got == value) != keep || (got == "") == keep {
			t.Errorf("KeepAuthorization %v: the handler sees %d bytes of Authorization", keep, len(got))
		}
		if got := r.Header.Get("Authorization"); got != value {
			t.Errorf("KeepAuthorization %v: the request outside the gate was changed", keep)
		}
	}
}

// Row "identity headers from outside", and RFC9700-04: they are removed, and neither they nor what a proxy may add changes who
// the caller is or what is decided.
func TestRFC9700_04_IdentityHeadersFromOutside(t *testing.T) {
	s := newSite(t, nil)
	server := s.serve(t)
	removed := []string{
		"x-ms-client-object-id", "x-ms-client-principal-id", "x-ms-client-principal-name", "x-ms-client-tenant-id", "x-ms-client-app-id",
		"x-ms-client-app-id-acr", "x-ms-client-issuer", "x-ms-client-audience", "x-ms-client-scope", "x-ms-client-wids",
		"x-ms-client-authentication-methods", "x-ms-client-principal", "X-MS-CLIENT-PRINCIPAL-IDP", "x_ms_client_object_id", "X_MS_CLIENT_PRINCIPAL",
		"x-ms-client_tenant-id",
	}
	kept := []string{
		"x-ms-client-request-id", "x-ms-correlation-request-id", "x-ms-return-client-request-id", "X-Forwarded-For", "X-Real-IP", "True-Client-IP",
		"X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-HTTP-Method-Override", "X-Forwarded-Host",
	}
	headers := ""
	for _, name := range slices.Concat(removed, kept) {
		value := alice
		if strings.Contains(name, "URL") {
			value = "/subscriptions/" + subscription
		} else if strings.Contains(name, "Method") {
			value = "GET"
		}
		headers += name + ": " + value + "\r\n"
	}
	send := func(method, path, token string) *answer {
		return server.raw(t, method, method+" "+path+" HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\nContent-Length: 0\r\nAuthorization: Bearer "+token+"\r\n"+headers+"\r\n")
	}

	send("GET", webVM, s.issuer.Token(openidtest.User(bob, readers))).wantServed(t)
	seen := s.last.Load()
	for name := range seen.Header {
		if slices.ContainsFunc(removed, func(r string) bool { return strings.EqualFold(r, name) }) {
			t.Errorf("the handler sees %s", name)
		}
	}
	for _, name := range kept {
		if seen.Header.Get(name) == "" {
			t.Errorf("the handler does not see %s", name)
		}
	}
	principal, _ := middleware.PrincipalFrom(seen.Context())
	if principal.ObjectID != bob || principal.Tenant != tenant {
		t.Errorf("the principal is %s of %s", principal.ObjectID, principal.Tenant)
	}

	if answer := send("DELETE", webVM, s.issuer.Token(openidtest.User(bob, readers))); answer.status != 403 || answer.served {
		t.Errorf("a reader's DELETE with forged headers: %d, served %v", answer.status, answer.served)
	}
	if answer := send("GET", webVM, s.issuer.Token(openidtest.User(mallory))); answer.status != 403 || answer.served {
		t.Errorf("somebody else's GET with forged headers: %d, served %v", answer.status, answer.served)
	}
}

// What the handler does to its header is nobody else's business: outside the gate the request may be read meanwhile, as behind
// http.TimeoutHandler. The race detector is the judge.
func TestHandlerOwnsItsHeader(t *testing.T) {
	s := newSite(t, nil)
	var readers sync.WaitGroup
	gate := s.gate.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		r.Header.Set("Accept", "text/plain")
		r.Header.Del("User-Agent")
	}))
	outside := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		readers.Go(func() {
			for range 100 {
				_ = r.Header.Clone()
			}
		})
		gate.ServeHTTP(w, r)
	})
	r := request("GET", webVM, s.issuer.Token(openidtest.User(alice)))
	r.Header.Set("Accept", "text/html")
	r.Header.Set("User-Agent", "test")
	outside.ServeHTTP(httptest.NewRecorder(), r)
	readers.Wait()
	if r.Header.Get("Accept") != "text/html" || r.Header.Get("User-Agent") != "test" {
		t.Errorf("outside the gate the header became %v", r.Header)
	}
}

// What the handler learns is what the token says.
func TestPrincipalOfTheHandler(t *testing.T) {
	s := newSite(t, nil)
	s.do(s.gate.Handler(s), request("GET", webVM, s.issuer.Token(openidtest.User(bob, readers)))).wantServed(t)
	ctx := s.last.Load().Context()
	principal, ok := middleware.PrincipalFrom(ctx)
	if !ok || principal.ObjectID != bob || principal.Tenant != tenant || !slices.Equal(principal.Groups, []string{readers}) {
		t.Errorf("PrincipalFrom = %+v, %v", principal, ok)
	}
	if set, ok := middleware.ResourceSetFrom(ctx); !ok || set == nil {
		t.Errorf("ResourceSetFrom = %v, %v", set, ok)
	}
}

// Authenticate alone is for handlers whose answer depends on who asks and on no role.
func TestAuthenticateAlone(t *testing.T) {
	s := newSite(t, nil)
	handler := s.gate.Authenticate(s)
	s.do(handler, request("GET", "/tenants", s.issuer.Token(openidtest.User(mallory)))).wantServed(t)
	if _, ok := middleware.ResourceSetFrom(s.last.Load().Context()); ok {
		t.Error("there is a resource set without Authorize")
	}
	// A principal that somebody put into the context does not stand in for a token.
	r := request("GET", "/tenants", "")
	r = r.WithContext(middleware.WithPrincipal(r.Context(), &openid.Principal{Tenant: tenant, ObjectID: alice}, nil))
	s.do(handler, r).want(t, 401, "AuthenticationFailed", missingHeader)
}

// The gate answers when the client has gone while its token was verified; nothing hangs and nothing is served.
func TestClientGone(t *testing.T) {
	issuer := entraV1(t)
	issuer.ServeMetadata(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	s := newSiteWith(t, issuer, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	answer := s.do(s.gate.Handler(s), request("GET", webVM, issuer.Token(openidtest.User(alice))).WithContext(ctx))
	if answer.status != 503 || answer.served {
		t.Errorf("answer is %d, served %v, want 503", answer.status, answer.served)
	}
}

// A header of the same name behind the body is no way around it.
func TestRFC9700_04_IdentityHeadersInTrailers(t *testing.T) {
	s := newSite(t, nil)
	var seen http.Header
	server := httptest.NewServer(s.gate.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		seen = r.Trailer
	})))
	defer server.Close()
	r, err := http.NewRequest("PUT", server.URL+webVM, io.MultiReader(strings.NewReader("{}")))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.issuer.Token(openidtest.User(alice)))
	r.Trailer = http.Header{"X-Ms-Client-Principal-Id": {bob}}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 200 || len(seen) > 0 {
		t.Errorf("%d, trailers %v", response.StatusCode, seen)
	}
}
