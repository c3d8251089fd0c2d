package middleware_test

import (
	"regexp"
	"testing"

	"hubgate.example/middleware"
	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// challengeForm is the one form that Azure's clients were found to read: see the comment on challenge.
var challengeForm = regexp.MustCompile(`^Bearer authorization_uri="([^"\\]*)", error="invalid_token", error_description="([\x20\x21\x23-\x5b\x5d-\x7e]*)"$`)

// wantChallenge checks a 401's one WWW-Authenticate header.
func wantChallenge(t *testing.T, a *answer, authorizationURI string) {
	t.Helper()
	values := a.header.Values("WWW-Authenticate")
	if len(values) != 1 {
		t.Fatalf("%d challenges: %q", len(values), values)
	}
	parts := challengeForm.FindStringSubmatch(values[0])
	if parts == nil {
		t.Fatalf("the challenge %q has another form than %v", values[0], challengeForm)
	}
	if parts[1] != authorizationURI {
		t.Errorf("authorization_uri is %q, want %q", parts[1], authorizationURI)
	}
	if parts[2] == "" {
		t.Error("error_description is empty")
	}
}

// Row "answers": the authority of a challenge comes from the configuration and from the owner of the path's subscription.
func TestChallengeNamesTheAuthority(t *testing.T) {
	v1, v2 := entraV1(t), openidtest.NewEntra(t, tenant)
	adfs := openidtest.NewADFS(t)
	adfsWithTenant := openidtest.NewFor(t, openidtest.Config{Type: openid.ADFS, Tenant: tenant})
	entra := func(issuer *openidtest.Issuer, tenants []string, authorities ...string) *openid.Verifier {
		config := openid.VerifierConfig{Audiences: []string{issuer.Audience()}, Tenants: tenants}
		for _, authority := range authorities {
			config.Providers = append(config.Providers, provider(t, issuer, authority))
		}
		return verifier(t, config)
	}
	const entraHost = "https://login.entra.example/"
	own, foreign := "/subscriptions/"+subscription, "/Subscriptions/"+foreignSubscription+"/resourceGroups/x"
	tests := []struct {
		name     string
		verifier *openid.Verifier
		path     string
		want     string
	}{
		{"v1", v1.Verifier(), "/subscriptions", entraHost + tenant},
		{"v2, without the version", v2.Verifier(), "/subscriptions", entraHost + tenant},
		{"AD FS", adfs.Verifier(), "/subscriptions", "https://adfs.local.azurestack.example/adfs"},
		{"AD FS with a tenant", adfsWithTenant.Verifier(), "/subscriptions", "https://adfs.local.azurestack.example/adfs/" + tenant},
		{"AD FS has one authority for every subscription", adfs.Verifier(), foreign, "https://adfs.local.azurestack.example/adfs"},
		{"one tenant, a foreign subscription", v1.Verifier(), foreign, entraHost + foreignTenant},
		{"one tenant, an unknown subscription", v1.Verifier(), "/subscriptions/" + unknownSubscription, entraHost + tenant},
		{"one tenant, a malformed subscription", v1.Verifier(), "/subscriptions/x", entraHost + tenant},
		{"one tenant, a malformed path", v1.Verifier(), "/subscriptions//" + foreignSubscription, entraHost + tenant},
		{"common, no subscription", entra(v2, []string{tenant, foreignTenant}, v2.AuthorityOf("common")), "/subscriptions", entraHost + "common"},
		{"common, a subscription", entra(v2, []string{tenant, foreignTenant}, v2.AuthorityOf("common")), own, entraHost + tenant},
		{"common, a foreign subscription", entra(v2, []string{tenant, foreignTenant}, v2.AuthorityOf("common")), foreign, entraHost + foreignTenant},
		{"organizations, v1", entra(v1, []string{tenant, foreignTenant}, v1.AuthorityOf("organizations")), "/subscriptions", entraHost + "organizations"},
		{"common, but one tenant accepted", entra(v2, []string{tenant}, v2.AuthorityOf("common")), "/subscriptions", entraHost + tenant},
		{"two tenants, no subscription: the first", entra(v1, nil, v1.AuthorityOf(tenant), v1.AuthorityOf(foreignTenant)), "/subscriptions", entraHost + tenant},
		{"one tenant, then common: the first", entra(v1, []string{tenant, foreignTenant}, v1.AuthorityOf(foreignTenant), v1.AuthorityOf("common")), "/subscriptions", entraHost + foreignTenant},
		{"two tenants, a subscription of the second", entra(v1, nil, v1.AuthorityOf(tenant), v1.AuthorityOf(foreignTenant)), foreign, entraHost + foreignTenant},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSiteWith(t, v1, func(config *middleware.Config) { config.Verifier = tt.verifier })
			for name, token := range map[string]string{
				"no token": "",
				// Signed by nobody, it names itself another tenant's.
				"made up": v1.Token(openidtest.User(alice), openidtest.Tenant("99999999-1111-4222-8333-444455556666"), openidtest.Algorithm("none")),
			} {
				answer := s.do(s.gate.Handler(s), request("GET", tt.path, token))
				if answer.status != 401 {
					t.Fatalf("%s: status %d", name, answer.status)
				}
				wantChallenge(t, answer, tt.want)
			}
		})
	}
}

// Row "answers": a verified token of a tenant that is not accepted is told so; without a subscription in the path the answer names the
// authority that the token came from.
func TestWrongTenantAtVerification(t *testing.T) {
	const stranger = "99999999-1111-4222-8333-444455556666"
	issuer := entraV1(t)
	s := newSiteWith(t, issuer, func(config *middleware.Config) {
		config.Verifier = verifier(t, openid.VerifierConfig{
			Providers: []*openid.Provider{provider(t, issuer, issuer.AuthorityOf("common"))},
			Audiences: []string{issuer.Audience()},
			Tenants:   []string{tenant, foreignTenant},
		})
	})
	token := issuer.Token(openidtest.User(alice), openidtest.Tenant(stranger))
	sts := "https://sts.entra.example/"
	tests := []struct {
		name, path               string
		expected, authority, uri string
	}{
		{"subscription", webVM, sts + tenant + "/", "https://login.entra.example/" + tenant, "https://login.entra.example/" + tenant},
		{"foreign subscription", "/subscriptions/" + foreignSubscription, sts + foreignTenant + "/", "https://login.entra.example/" + foreignTenant, "https://login.entra.example/" + foreignTenant},
		{"no subscription", "/subscriptions", "https://login.entra.example/common", "https://login.entra.example/common", "https://login.entra.example/common"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer := s.do(s.gate.Handler(s), request("GET", tt.path, token))
			answer.want(t, 401, "InvalidAuthenticationTokenTenant", wrongTenant(sts+stranger+"/", tt.expected, tt.authority))
			wantChallenge(t, answer, tt.uri)
		})
	}
}

// Row "answers": once a token has verified, the challenge of a path without a subscription names the authority that issued it. A token
// that has not verified has no say.
func TestChallengeOfTheSecondProvider(t *testing.T) {
	issuer := entraV1(t)
	s := newSiteWith(t, issuer, func(config *middleware.Config) {
		config.Verifier = verifier(t, openid.VerifierConfig{
			Providers: []*openid.Provider{provider(t, issuer, issuer.AuthorityOf(tenant)), provider(t, issuer, issuer.AuthorityOf(foreignTenant))},
			Audiences: []string{issuer.Audience()},
		})
	})
	second := []openidtest.Claim{openidtest.Tenant(foreignTenant), openidtest.Audience("x")}
	verified := issuer.Token(openidtest.User(alice), second...)
	answer := s.do(s.gate.Handler(s), request("GET", "/subscriptions", verified))
	if answer.code != "InvalidAuthenticationTokenAudience" {
		t.Errorf("code is %s", answer.code)
	}
	wantChallenge(t, answer, "https://login.entra.example/"+foreignTenant)

	answer = s.do(s.gate.Handler(s), request("GET", "/subscriptions", verified[:len(verified)-8]+"AAAAAAAA"))
	answer.want(t, 401, "InvalidAuthenticationToken", invalidToken)
	wantChallenge(t, answer, "https://login.entra.example/"+tenant)
}

// Row "answers": an AD FS has one address to name, and one issuer whatever the tenant, so the message compares the tenants.
func TestWrongTenantOfADFS(t *testing.T) {
	issuer := openidtest.NewFor(t, openidtest.Config{Type: openid.ADFS, Tenant: tenant})
	s := newSiteWith(t, issuer, nil)
	const sid, authority = "S-1-5-21-1004336348-1177238915-682003330-512", "https://adfs.local.azurestack.example/adfs/" + tenant
	own, stranger := issuer.Token(openidtest.User(sid)), issuer.Token(openidtest.User(sid), openidtest.Tenant(foreignTenant))
	tests := []struct {
		name, token, path string
		from, expected    string
	}{
		{"token of another tenant", stranger, "/subscriptions", foreignTenant, tenant},
		{"token of another tenant, a subscription", stranger, webVM, foreignTenant, tenant},
		{"subscription of another tenant", own, "/subscriptions/" + foreignSubscription, tenant, foreignTenant},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer := s.do(s.gate.Handler(s), request("GET", tt.path, tt.token))
			answer.want(t, 401, "InvalidAuthenticationTokenTenant", wrongTenant(tt.from, tt.expected, authority))
			wantChallenge(t, answer, authority)
		})
	}
}

// wrongTenant is Resource Manager's message for a token of another tenant.
func wrongTenant(issuer, expected, authority string) string {
	return "The access token is from the wrong issuer '" + issuer + "'. It must match the tenant '" + expected + "' associated with this " +
		"subscription. Please use the authority (URL) '" + authority + "' to get the token. Note, if the subscription is transferred to another " +
		"tenant there is no impact to the services, but information about new tenant could take time to propagate (up to an hour). " +
		"If you just transferred your subscription and see this error message, please try back later."
}

// A challenge follows the accepted tenants, which can change.
func TestChallengeFollowsTheTenants(t *testing.T) {
	issuer := openidtest.NewEntra(t, tenant)
	v := verifier(t, openid.VerifierConfig{
		Providers: []*openid.Provider{provider(t, issuer, issuer.AuthorityOf("organizations"))},
		Audiences: []string{issuer.Audience()}, Tenants: []string{tenant},
	})
	s := newSiteWith(t, issuer, func(config *middleware.Config) { config.Verifier = v })
	get := func() *answer { return s.do(s.gate.Handler(s), request("GET", "/subscriptions", "")) }
	wantChallenge(t, get(), "https://login.entra.example/"+tenant)
	if err := v.SetTenants([]string{tenant, foreignTenant}); err != nil {
		t.Fatal(err)
	}
	wantChallenge(t, get(), "https://login.entra.example/organizations")
}
